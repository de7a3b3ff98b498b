// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace keyferry::io {

inline constexpr std::size_t kHostBytesMax = 253;

/// Whether a name server could be asked for it, IPv4 addresses included: letters, digits and - . _,
/// 1 to kHostBytesMax of them.
[[nodiscard]] bool is_host_name(std::string_view host) noexcept;

}  // namespace keyferry::io
