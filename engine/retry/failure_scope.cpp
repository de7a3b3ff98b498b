// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/failure_scope.hpp"

#include <array>
#include <cassert>

namespace keyferry::engine {

namespace {

using enum ScopeEffect;

struct ScopeRow {
    FailureClass failure_class;
    std::array<ScopeEffect, kFailureScopes> effects;  ///< account, endpoint, replicas, pair
};

// A denial, a missing primary, a malformed policy and similar failures have the class `none`: they
// end their own job with KMS's message and show nothing about other jobs. There is deliberately no
// circuit breaker for denials. Each key has its own policy, so even many denials do not imply that
// access to the next key will be denied.
//
// Credentials are obtained before anything is sent, so any later outcome shows that the account has
// credentials.
//
// KMS calls the replica's Region on behalf of ReplicateKey. If the primary's endpoint returns a
// server error or does not respond, either Region may be the cause, so the failure counts only for
// this pair of Regions, and the other pairs continue.
constexpr std::array kScopeRows{
    // clang-format off
    //                                   account  endpoint replicas              pair
    ScopeRow{FailureClass::none,            {healthy, healthy, healthy_if_performed, healthy}},
    ScopeRow{FailureClass::throttled,       {healthy, healthy, nothing,              throttled}},
    ScopeRow{FailureClass::key_quota,       {healthy, healthy, failing,              healthy}},
    ScopeRow{FailureClass::server_error,    {healthy, healthy, nothing,              failing}},
    ScopeRow{FailureClass::timeout,         {healthy, nothing, nothing,              failing}},
    ScopeRow{FailureClass::unreachable,     {healthy, failing, nothing,              nothing}},
    ScopeRow{FailureClass::unusable_endpoint,  {healthy, failing, nothing,              nothing}},
    ScopeRow{FailureClass::no_credentials,  {failing, nothing, nothing,              nothing}},
    ScopeRow{FailureClass::bad_credentials, {failing, healthy, nothing,              nothing}},
    // clang-format on
};
static_assert(kScopeRows.size() == kFailureClasses);

constexpr ScopeEffect cell(const ScopeRow& row, FailureScope scope) {
    return row.effects.at(static_cast<std::size_t>(scope));
}

}  // namespace

ScopeEffect effect_on(FailureScope scope, FailureClass failure_class, bool is_narrowest) {
    const ScopeRow& row = kScopeRows.at(static_cast<std::size_t>(failure_class));
    assert(row.failure_class == failure_class);
    const ScopeEffect effect = cell(row, scope);
    if (!is_narrowest || effect == failing || scope != FailureScope::endpoint) {
        return effect;
    }
    const ScopeEffect of_pair = cell(row, FailureScope::pair);
    return of_pair == nothing ? effect : of_pair;
}

}  // namespace keyferry::engine
