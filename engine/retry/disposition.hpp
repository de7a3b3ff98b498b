// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_class.hpp"
#include "io/names/call_outcome.hpp"
#include "io/names/kms_api.hpp"
#include "io/names/kms_error.hpp"

#include <cstdint>
#include <string_view>

namespace keyferry::engine {

/// What a failed call means for its job.
enum class Disposition : std::uint8_t {
    retry,  ///< not performed because of a transient failure: retry after a short backoff
    /// throttled: retry at a lower rate after a long backoff; does not count as an attempt
    retry_throttled,
    /// resource quota exceeded, or throttled: retry after a long backoff; does not count as an
    /// attempt
    retry_limit,
    retry_policy,    ///< the policy may name a new principal that KMS cannot see yet: retry for two
                     ///< minutes
    wait_for_state,  ///< the key is Creating or Updating: retry until it is ready
    reconcile,       ///< may have been performed: check with a read before resending
    adopt,           ///< a replica already exists: check whether it is ours
    absent,          ///< the described key does not exist (yet)
    fail,            ///< final for this job
    end_account,     ///< credentials or signature rejected: every call for the account would fail
};

/// Returns the disposition of `failure` as the outcome of `api` (ReplicateKey or a read). See the
/// table in disposition.cpp. If the outcome of a modifying call is unknown, the disposition is
/// `reconcile` regardless of the error code.
[[nodiscard]] Disposition disposition_of(io::KmsApi api, const io::CallFailure& failure);

/// Returns the class of `failure`, whose disposition is `disposition`.
[[nodiscard]] FailureClass failure_class_of(Disposition disposition,
                                            const io::CallFailure& failure) noexcept;

}  // namespace keyferry::engine
