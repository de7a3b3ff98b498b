// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace keyferry::io {

inline constexpr std::size_t kHostBytesMax = 253;

/// Whether `host` is an IPv4 address or can be a host name: at most kHostBytesMax characters, in
/// labels that are separated by dots. A label has 1 to 63 letters, digits, '-' and '_', and does
/// not start or end with '-'. The name may end with a dot.
///
/// If the last label is a number, the name is an address. It must then have four decimal parts
/// without leading zeros: resolvers also read "127.1" and "0x7f.0.0.1" as addresses, but TLS
/// compares certificates with the text.
[[nodiscard]] bool is_host_name(std::string_view host) noexcept;

}  // namespace keyferry::io
