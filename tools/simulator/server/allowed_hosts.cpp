// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/allowed_hosts.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>

namespace keyferry::simulator {

namespace {

/// Removes the port and normalizes: "[::1]:80" -> "::1", "LOCALHOST:80" -> "localhost".
std::string host_name(std::string_view host) {
    if (host.starts_with('[')) {
        return std::string(host.substr(1, host.find(']') - 1));
    }
    std::string name(host.substr(0, host.find(':')));
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name;
}

bool is_address(const std::string& name) {
    boost::system::error_code error;
    boost::asio::ip::make_address(name, error);
    return !error;
}

}  // namespace

void AllowedHosts::add(std::string_view name) {
    names_.push_back(host_name(name));
}

bool AllowedHosts::contains(std::string_view host) const {
    const std::string name = host_name(host);
    if (host.empty() || name == "localhost" || name.ends_with(".localhost") || is_address(name)) {
        return true;
    }
    return std::any_of(names_.begin(), names_.end(), [&](const std::string& allowed) {
        const bool is_pattern = allowed.starts_with("*.");
        return is_pattern ? name.ends_with(allowed.substr(1)) : name == allowed;
    });
}

}  // namespace keyferry::simulator
