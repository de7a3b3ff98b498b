// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::io {

/// Computes the CRC-32C (Castagnoli, as in iSCSI, ext4 and LevelDB) of `bytes`, continuing from
/// `crc`, the result for the preceding bytes. The check value for "123456789" is 0xe3069283. Uses
/// the processor's CRC instruction if available.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0) noexcept;

/// Computes the same value without the CRC instruction. Used by crc32c() if the processor lacks it.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t crc = 0) noexcept;

}  // namespace keyferry::io
