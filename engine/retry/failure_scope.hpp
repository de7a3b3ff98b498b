// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"

#include <cstddef>
#include <cstdint>

namespace keyferry::engine {

/// The scope of a failure: the part of KMS that it can affect in addition to its own job. The
/// values are ordered from wide to narrow. Each account, each endpoint and so on has its own
/// circuit breaker, so a failure slows or stops only the calls of its own scope.
enum class FailureScope : std::uint8_t {
    account,   ///< the credentials of an account
    endpoint,  ///< KMS in one Region, called for one account
    replicas,  ///< the key quota for new replicas of an account in one Region
    pair,      ///< a primary Region and a replica Region; only for ReplicateKey
};
inline constexpr std::size_t kFailureScopes = 4;

/// What the outcome of a call shows about a scope.
enum class ScopeEffect : std::uint8_t {
    nothing,
    healthy,
    healthy_if_performed,  ///< only if KMS performed the call
    throttled,             ///< healthy, unless every call is throttled for too long
    failing,
};

/// Returns what an outcome of class `failure_class` shows about `scope`. See the table in
/// failure_scope.cpp. Calls other than ReplicateKey have no pair of Regions; for them,
/// `is_narrowest` is true for the endpoint, and what would otherwise be counted for the pair is
/// counted for the endpoint.
[[nodiscard]] ScopeEffect effect_on(FailureScope scope,
                                    FailureClass failure_class,
                                    bool is_narrowest);

}  // namespace keyferry::engine
