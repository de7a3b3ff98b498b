// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace keyferry::engine {

/// The number of bytes needed for a job's records: three records plus a margin of 25 %.
inline constexpr std::uint64_t kReservedBytesPerJob = 960;

/// Disk space is reserved in steps of this size, so that a large plan does not reserve gigabytes in
/// advance.
inline constexpr std::uint64_t kRoomStepBytes = 64U << 20U;
/// The next step is reserved when less than this much reserved space is left.
inline constexpr std::uint64_t kRoomLowBytes = 16U << 20U;
/// If the disk is full and less than this much reserved space is left, the run sends no further
/// requests. The remaining space is enough to record the outcomes of all calls in flight.
inline constexpr std::uint64_t kRoomMinBytes = 8U << 20U;

/// Whether space could not be reserved because the disk, the user's quota or the file is full. (A
/// file is full when it reaches the limit of its file system or of `ulimit -f`.) Records can still
/// be written into space that was reserved before.
[[nodiscard]] inline bool is_out_of_space(std::error_code error) noexcept {
    return error.value() == ENOSPC || error.value() == EDQUOT || error.value() == EFBIG;
}

/// The disk space for records that have not been written yet. A request may be sent only if its
/// outcome can be recorded even if other programs fill the disk in the meantime.
struct JournalRoom {
    JournalRoom() = default;
    /// Assumes that the first step of the `needed` bytes has been reserved.
    explicit JournalRoom(std::uint64_t needed) noexcept
        : reserved(std::min(needed, kRoomStepBytes)), still_needed(needed - reserved) {}

    std::uint64_t reserved = 0;      ///< bytes reserved beyond the end of the file
    std::uint64_t still_needed = 0;  ///< bytes to be reserved later, in steps
};

}  // namespace keyferry::engine
