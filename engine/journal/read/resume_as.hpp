// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"

#include <cstdint>
#include <optional>

namespace keyferry::engine {

/// How a rerun treats a job of earlier runs.
enum class ResumeAs : std::uint8_t {
    not_started,  ///< as if never started: ReplicateKey
    in_progress,  ///< a request of this journal's runs may have reached KMS: check before sending
    finished,     ///< nothing to do
};

/// `open` contains the replay's details of the job, if there are any. Failed jobs and conflicts are
/// final, since the same request would give the same result. `retry_failed` says that the user has
/// fixed the cause.
[[nodiscard]] ResumeAs resume_as(JobPhase phase,
                                 const std::optional<OpenJob>& open,
                                 bool retry_failed) noexcept;

}  // namespace keyferry::engine
