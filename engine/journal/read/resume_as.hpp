// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"

#include <cstdint>

namespace keyferry::engine {

/// What a rerun makes of a job that an earlier process left behind.
enum class ResumeAs : std::uint8_t {
    fresh,     ///< as if never touched: ReplicateKey
    begun,     ///< something of ours may have reached KMS: a look before anything is sent
    finished,  ///< over: nothing to do
};

/// `open` is the replay's details of the job, null where there are none. Failed jobs and conflicts
/// are final, since the same request gives the same answer, until somebody has changed something
/// and says so with `retry_failed`.
[[nodiscard]] ResumeAs resume_as(JobPhase phase, const OpenJob* open, bool retry_failed) noexcept;

}  // namespace keyferry::engine
