// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"

#include <cstdint>
#include <optional>

namespace keyferry::engine {

/// How a rerun treats a job from earlier runs.
enum class ResumeAs : std::uint8_t {
    not_started,  ///< as if never started: send ReplicateKey
    in_progress,  ///< an earlier request may have reached KMS: check with KMS before sending
    finished,     ///< nothing to do
};

/// Decides how a rerun treats a job. `open` is the replay's OpenJob for the job, if it has one.
/// Jobs that failed or ended in a conflict are not started again, because the same request would
/// have the same result. If `retry_failed` is set, they are started again, because the user has
/// fixed the cause.
[[nodiscard]] ResumeAs resume_as(JobPhase phase,
                                 const std::optional<OpenJob>& open,
                                 bool retry_failed) noexcept;

}  // namespace keyferry::engine
