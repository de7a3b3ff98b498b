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
    retry,            ///< not done and passing: again after a short backoff
    retry_throttled,  ///< too fast: again after a long backoff, at a lower rate, at no attempt's
                      ///< cost
    retry_limit,   ///< a resource quota, or a throttle in its clothes: again after a long backoff,
                   ///< at no attempt's cost
    retry_policy,  ///< perhaps a principal too new to be seen: again for two minutes
    wait_for_state,  ///< the key is creating or updating: again when that is over
    reconcile,       ///< may have been done: a read decides before anything is sent again
    adopt,           ///< a replica is there already: look whose it is
    absent,          ///< the key described is not there (yet)
    fail,            ///< final for this job
    fail_denied,     ///< likewise, and perhaps so for every job of its Region
    stop_run,        ///< would be the same for every call: credentials or signature
};

[[nodiscard]] std::string_view name_of(Disposition disposition) noexcept;

/// The disposition of `failure` when it was the answer to `api` (ReplicateKey or a read). One
/// table, in disposition.cpp, each row with its reason. Certainty goes first: whatever is unknown
/// for a changing call is reconciled, whatever its code.
[[nodiscard]] Disposition disposition_of(io::KmsApi api, const io::CallFailure& failure);

/// What a failure with this disposition says about the way that the call went.
[[nodiscard]] FailureClass trouble_of(Disposition disposition) noexcept;

}  // namespace keyferry::engine
