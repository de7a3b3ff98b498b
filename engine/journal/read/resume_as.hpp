// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"

#include <cstdint>
#include <optional>

namespace keyferry::engine {

/// How a rerun treats a job of earlier runs.
enum class ResumeAs : std::uint8_t {
    not_started,  ///< as if never started: ReplicateKey
    in_progress,  ///< an earlier request may have reached KMS: check with KMS before sending
    finished,     ///< nothing to do
};

/// Decides how a rerun treats a job. `open` contains the replay's details of the job, if there are
/// any. Failed jobs and conflicts are final, since the same request would have the same result. If
/// `retry_failed` is set, they are started again: the user has indicated that the cause is fixed.
[[nodiscard]] ResumeAs resume_as(JobPhase phase,
                                 const std::optional<OpenJob>& open,
                                 bool retry_failed) noexcept;

}  // namespace keyferry::engine
