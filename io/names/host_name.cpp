// SPDX-License-Identifier: Apache-2.0
#include "io/names/host_name.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>

namespace keyferry::io {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_label(std::string_view label) {
    constexpr std::size_t kBytesMax = 63;
    return !label.empty() && label.size() <= kBytesMax && label.front() != '-' &&
           label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
                      c == '_';
           });
}

/// Whether resolvers read a name that ends with this label as an IPv4 address.
bool is_numeric(std::string_view label) {
    const bool is_hexadecimal = label.starts_with("0x") || label.starts_with("0X");
    return is_hexadecimal || std::all_of(label.begin(), label.end(), is_digit);
}

bool is_ipv4(std::string_view host) {
    std::array<char, INET_ADDRSTRLEN> terminated{};
    if (host.size() >= terminated.size()) {
        return false;
    }
    host.copy(terminated.data(), host.size());
    in_addr address{};
    return ::inet_pton(AF_INET, terminated.data(), &address) == 1;
}

}  // namespace

bool is_host_name(std::string_view host) noexcept {
    if (host.size() > kHostBytesMax) {
        return false;
    }
    std::string_view rest = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    std::string_view label;
    for (bool is_last = false; !is_last;) {
        const std::size_t dot = rest.find('.');
        is_last = dot == std::string_view::npos;
        label = rest.substr(0, dot);
        if (!is_label(label)) {
            return false;
        }
        rest.remove_prefix(is_last ? rest.size() : dot + 1);
    }
    return !is_numeric(label) || is_ipv4(host);
}

}  // namespace keyferry::io
