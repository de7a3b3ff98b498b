// SPDX-License-Identifier: Apache-2.0
#include "io/names/host_name.hpp"

#include <algorithm>

namespace keyferry::io {

bool is_host_name(std::string_view host) noexcept {
    return !host.empty() && host.size() <= kHostBytesMax &&
           std::all_of(host.begin(), host.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.' || c == '_';
           });
}

}  // namespace keyferry::io
