// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/allowed_hosts.hpp"

#include "io/names/host_name.hpp"
#include "io/names/lower_case.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kBelow = "*.";

/// Removes the port and normalizes: "[::1]:80" -> "::1", "LOCALHOST.:80" -> "localhost".
std::string host_name(std::string_view host) {
    if (host.starts_with('[')) {
        return std::string(host.substr(1, host.find(']') - 1));
    }
    std::string_view name = host.substr(0, host.find(':'));
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    return io::lower_case(name);
}

bool is_address(const std::string& name) {
    boost::system::error_code error;
    boost::asio::ip::make_address(name, error);
    return !error;
}

}  // namespace

std::optional<std::string> parse_allowed_host(std::string_view text) {
    const bool is_bracketed = text.starts_with('[') && text.ends_with(']');
    std::string name = io::lower_case(is_bracketed ? text.substr(1, text.size() - 2) : text);
    if (is_address(name)) {
        return name;
    }
    const std::string_view exact =
        std::string_view(name).substr(name.starts_with(kBelow) ? kBelow.size() : 0);
    if (!io::is_host_name(exact) || exact.ends_with('.') || is_bracketed) {
        return std::nullopt;
    }
    return name;
}

bool AllowedHosts::contains(std::string_view host) const {
    const std::string name = host_name(host);
    if (host.empty() || name == "localhost" || name.ends_with(".localhost") || is_address(name)) {
        return true;
    }
    return std::any_of(names_.begin(), names_.end(), [&](const std::string& allowed) {
        const bool is_pattern = allowed.starts_with(kBelow);
        return is_pattern ? name.ends_with(allowed.substr(1)) : name == allowed;
    });
}

}  // namespace keyferry::simulator
