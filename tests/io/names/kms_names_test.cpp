// SPDX-License-Identifier: Apache-2.0
#include "io/names/key_metadata.hpp"
#include "io/names/kms_api.hpp"
#include "io/names/kms_error.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

TEST(KmsApi, names_round_trip) {
    for (const KmsApi api : kKmsApis) {
        EXPECT_EQ(kms_api_named(name_of(api)), api);
    }
    EXPECT_EQ(name_of(KmsApi::replicate_key), "ReplicateKey");
    EXPECT_EQ(name_of(KmsApi::update_primary_region), "UpdatePrimaryRegion");
}

TEST(KmsApi, is_nullopt_for_unknown_operation) {
    EXPECT_FALSE(kms_api_named("ConnectCustomKeyStore"));
    EXPECT_FALSE(kms_api_named("replicatekey"));
}

TEST(KeyState, names_round_trip) {
    for (const KeyState state :
         {KeyState::creating, KeyState::pending_replica_deletion, KeyState::updating}) {
        EXPECT_EQ(key_state_named(name_of(state)), state);
    }
}

TEST(KeyState, accepts_unknown_states) {
    EXPECT_EQ(key_state_named("Hibernating"), KeyState::other);
    EXPECT_EQ(name_of(KeyState::other), "(unknown state)");
}

TEST(MultiRegionKeyType, names_round_trip) {
    EXPECT_EQ(multi_region_key_type_named("REPLICA"), MultiRegionKeyType::replica);
    EXPECT_EQ(name_of(MultiRegionKeyType::primary), "PRIMARY");
    EXPECT_EQ(multi_region_key_type_named("primary"), MultiRegionKeyType::other);
}

TEST(KmsErrorCode, parses_wire_name) {
    EXPECT_EQ(kms_error_code("AlreadyExistsException", 400), KmsErrorCode::already_exists);
    EXPECT_EQ(kms_error_code("KMSInternalException", 500), KmsErrorCode::kms_internal);
    EXPECT_EQ(kms_error_code("RequestTimeTooSkewed", 403), KmsErrorCode::request_expired);
}

TEST(KmsErrorCode, maps_throttling_family_to_throttling) {
    for (const std::string_view wire : {"ThrottlingException",
                                        "Throttling",
                                        "SlowDown",
                                        "TooManyRequestsException",
                                        "RequestLimitExceeded"}) {
        EXPECT_EQ(kms_error_code(wire, 400), KmsErrorCode::throttling) << wire;
    }
}

TEST(KmsErrorCode, drops_namespace_and_trailing_text) {
    EXPECT_EQ(kms_error_code("com.amazonaws.kms#NotFoundException", 400), KmsErrorCode::not_found);
    EXPECT_EQ(kms_error_code("InvalidSignatureException:http://internal.amazon.com/coral/", 400),
              KmsErrorCode::invalid_signature);
    EXPECT_EQ(kms_error_code("TagException, more", 400), KmsErrorCode::tag);
}

TEST(KmsErrorCode, code_takes_precedence_over_status) {
    EXPECT_EQ(kms_error_code("NotFoundException", 500), KmsErrorCode::not_found);
}

TEST(KmsErrorCode, uses_status_without_known_code) {
    EXPECT_EQ(kms_error_code("", 503), KmsErrorCode::service_unavailable);
    EXPECT_EQ(kms_error_code("", 429), KmsErrorCode::throttling);
    EXPECT_EQ(kms_error_code("", 413), KmsErrorCode::request_entity_too_large);
    EXPECT_EQ(kms_error_code("NewThingException", 500), KmsErrorCode::server_error);
    EXPECT_EQ(kms_error_code("NewThingException", 400), KmsErrorCode::other);
    EXPECT_EQ(kms_error_code("", 404), KmsErrorCode::other);
}

TEST(KmsErrorCode, has_canonical_wire_name) {
    EXPECT_EQ(name_of(KmsErrorCode::throttling), "ThrottlingException");
    EXPECT_EQ(name_of(KmsErrorCode::server_error), "server error without a known code");
    EXPECT_EQ(name_of(KmsErrorCode::other), "error with an unknown code");
}

TEST(KmsErrorCode, every_name_round_trips) {
    for (int value = 0; value < static_cast<int>(KmsErrorCode::server_error); ++value) {
        const auto code = static_cast<KmsErrorCode>(value);
        EXPECT_EQ(kms_error_code(name_of(code), 400), code) << name_of(code);
    }
}

}  // namespace
}  // namespace keyferry::io
