// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::io {

/// CRC-32C (Castagnoli, as in iSCSI, ext4, LevelDB) of `bytes`, continuing from `crc`, the value of
/// an earlier call for the bytes before. The check value of "123456789" is 0xe3069283. Uses the
/// processor's instruction where there is one.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0) noexcept;

/// The same without the instruction: what crc32c() does on a processor that lacks it.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t crc = 0) noexcept;

}  // namespace keyferry::io
