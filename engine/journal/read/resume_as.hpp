// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"

#include <cstdint>
#include <optional>

namespace keyferry::engine {

/// How a rerun treats a job that an earlier process left.
enum class ResumeAs : std::uint8_t {
    not_started,  ///< as if never started: ReplicateKey
    in_progress,  ///< a request of ours may have reached KMS: check before sending
    finished,     ///< ended: nothing to do
};

/// `open` holds the replay's details of the job, if there are any. Failed jobs and conflicts
/// are final, since the same request gives the same result, until the user has fixed the cause and
/// sets `retry_failed`.
[[nodiscard]] ResumeAs resume_as(JobPhase phase,
                                 const std::optional<OpenJob>& open,
                                 bool retry_failed) noexcept;

}  // namespace keyferry::engine
