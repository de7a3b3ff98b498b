// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace keyferry::engine {

/// Bytes that the records of one job need: three records plus a quarter.
inline constexpr std::uint64_t kReservedBytesPerJob = 960;

/// Space is reserved in steps of this size, so that a large plan does not occupy gigabytes of disk
/// space in advance.
inline constexpr std::uint64_t kRoomStepBytes = 64U << 20U;
/// The next step is reserved when less than this is left.
inline constexpr std::uint64_t kRoomLowBytes = 16U << 20U;
/// If the disk is full and less than this is left, the run sends no further requests. The rest
/// suffices for the outcomes of all calls in flight.
inline constexpr std::uint64_t kRoomMinBytes = 8U << 20U;

/// The space for the records still to be written. A request may be sent only if the journal can
/// record its outcome, even if other programs fill the disk in the meantime.
struct JournalRoom {
    JournalRoom() = default;
    /// The first step of `needed` bytes.
    explicit JournalRoom(std::uint64_t needed) noexcept
        : reserved(std::min(needed, kRoomStepBytes)), still_needed(needed - reserved) {}

    std::uint64_t reserved = 0;      ///< bytes reserved beyond the end of the file
    std::uint64_t still_needed = 0;  ///< bytes to be reserved later, in steps
};

}  // namespace keyferry::engine
