// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"

#include <cstddef>
#include <cstdint>

namespace keyferry::engine {

/// The scope of a failure: the part of KMS that it can affect in addition to the failed job. The
/// values are ordered from widest to narrowest. Each account, endpoint and so on has its own
/// circuit breaker, so a failure slows or stops only calls in its own scope.
enum class FailureScope : std::uint8_t {
    account,   ///< the credentials of an account
    endpoint,  ///< KMS in one Region, when called for one account
    replicas,  ///< an account's key quota for new replicas in one Region
    pair,      ///< a primary Region and a replica Region; only for ReplicateKey
};
inline constexpr std::size_t kFailureScopes = 4;

/// What the outcome of a call shows about a scope.
enum class ScopeEffect : std::uint8_t {
    nothing,
    healthy,
    healthy_if_performed,  ///< only if KMS performed the call
    throttled,             ///< healthy, unless all calls are throttled for too long
    failing,
};

/// Returns what an outcome of class `failure_class` shows about `scope`. See the table in
/// failure_scope.cpp. `is_narrowest` must be true for the narrowest scope of the call: the pair of
/// Regions for ReplicateKey, and the endpoint for all other calls. Some failures are counted only
/// for the narrowest scope.
[[nodiscard]] ScopeEffect effect_on(FailureScope scope,
                                    FailureClass failure_class,
                                    bool is_narrowest);

}  // namespace keyferry::engine
