// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace keyferry::io {

inline constexpr std::size_t kHostBytesMax = 253;

/// Whether `host` is a valid host name or IPv4 address: 1 to kHostBytesMax letters, digits and the
/// characters - . _
[[nodiscard]] bool is_host_name(std::string_view host) noexcept;

}  // namespace keyferry::io
