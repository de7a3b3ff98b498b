// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/failure_scope.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

using enum FailureScope;
using enum ScopeEffect;

ScopeEffect of_replicate(FailureScope scope, FailureClass failure_class) {
    return effect_on(scope, failure_class, scope == pair);
}

ScopeEffect of_describe(FailureScope scope, FailureClass failure_class) {
    return effect_on(scope, failure_class, scope == endpoint);
}

TEST(FailureScope, of_a_server_error_is_the_pair_of_regions) {
    EXPECT_EQ(of_replicate(pair, FailureClass::server_error), failing);
    EXPECT_EQ(of_replicate(endpoint, FailureClass::server_error), healthy);
    EXPECT_EQ(of_replicate(replicas, FailureClass::server_error), nothing);
}

TEST(FailureScope, of_a_server_error_of_another_call_is_the_endpoint) {
    EXPECT_EQ(of_describe(endpoint, FailureClass::server_error), failing);
    EXPECT_EQ(of_describe(endpoint, FailureClass::timeout), failing);
}

TEST(FailureScope, of_a_slow_region_is_not_the_endpoint_of_the_primary) {
    EXPECT_EQ(of_replicate(pair, FailureClass::timeout), failing);
    EXPECT_EQ(of_replicate(endpoint, FailureClass::timeout), nothing);
}

TEST(FailureScope, of_a_refused_connection_is_the_endpoint) {
    EXPECT_EQ(of_replicate(endpoint, FailureClass::unreachable), failing);
    EXPECT_EQ(of_replicate(pair, FailureClass::unreachable), nothing);
}

TEST(FailureScope, of_a_throttle_is_not_the_endpoint) {
    EXPECT_EQ(of_replicate(endpoint, FailureClass::throttled), healthy);
    EXPECT_EQ(of_replicate(pair, FailureClass::throttled), throttled);
    EXPECT_EQ(of_describe(endpoint, FailureClass::throttled), throttled);
}

TEST(FailureScope, of_the_key_quota_is_the_region_of_the_replicas) {
    EXPECT_EQ(of_replicate(replicas, FailureClass::key_quota), failing);
    EXPECT_EQ(of_replicate(pair, FailureClass::key_quota), healthy);
    EXPECT_EQ(of_replicate(replicas, FailureClass::none), healthy_if_performed)
        << "a denied call has not reached the quota";
}

TEST(FailureScope, of_credentials_is_the_account) {
    for (const FailureClass failure_class :
         {FailureClass::no_credentials, FailureClass::bad_credentials}) {
        EXPECT_EQ(of_replicate(account, failure_class), failing);
        EXPECT_NE(of_replicate(endpoint, failure_class), failing);
        EXPECT_EQ(of_replicate(pair, failure_class), nothing);
    }
}

TEST(FailureScope, of_an_outage_leaves_the_account_healthy) {
    for (const FailureClass failure_class :
         {FailureClass::timeout, FailureClass::unreachable, FailureClass::unusable_endpoint}) {
        EXPECT_EQ(of_replicate(account, failure_class), healthy)
            << "credentials are obtained before a call is sent";
    }
}

TEST(FailureScope, of_a_denial_is_only_the_job) {
    for (const FailureScope scope : {account, endpoint, pair}) {
        EXPECT_EQ(of_replicate(scope, FailureClass::none), healthy);
    }
}

}  // namespace
}  // namespace keyferry::engine
