// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"
#include "io/names/call_outcome.hpp"
#include "io/names/kms_api.hpp"
#include "io/names/kms_error.hpp"

#include <cstdint>
#include <string_view>

namespace keyferry::engine {

/// The consequence of a failed call for its job.
enum class Disposition : std::uint8_t {
    retry,  ///< not performed, transient: retry after a short backoff
    /// throttled: retry after a long backoff at a lower rate, without using an attempt
    retry_throttled,
    /// a resource quota or a throttle: retry after a long backoff, without using an attempt
    retry_limit,
    retry_policy,    ///< the policy may name a new principal that is not visible yet: retry for two
                     ///< minutes
    wait_for_state,  ///< the key is creating or updating: retry until it is ready
    reconcile,       ///< may have been performed: check by a read before sending anything again
    adopt,           ///< a replica exists: check whether it is ours
    absent,          ///< the described key does not exist (yet)
    fail,            ///< final for this job
    end_account,     ///< credentials or signature: every call of the account would fail
};

/// Returns the disposition of `failure` as the outcome of `api` (ReplicateKey or a read). See the
/// table in disposition.cpp. If the outcome of a modifying call is unknown, the disposition is
/// `reconcile` regardless of the error code.
[[nodiscard]] Disposition disposition_of(io::KmsApi api, const io::CallFailure& failure);

/// Returns the class of `failure`, whose disposition is `disposition`.
[[nodiscard]] FailureClass failure_class_of(Disposition disposition,
                                            const io::CallFailure& failure) noexcept;

}  // namespace keyferry::engine
