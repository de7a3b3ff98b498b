// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::simulator {

/// Parses a name to accept: a host name, "*.example.com" for all names below example.com, or an IP
/// address. Returns it in lower case and without brackets; nullopt if no host can have this name.
[[nodiscard]] std::optional<std::string> parse_allowed_host(std::string_view text);

/// The values of the Host header that the simulator accepts. Without this check, a web page could
/// access the simulator through a host name that resolves to 127.0.0.1 (DNS rebinding).
///
/// IP addresses are always accepted, because they are not resolved. localhost and its subdomains
/// are also always accepted, because browsers always resolve them to a loopback address.
class AllowedHosts {
  public:
    /// Also accepts this name. `name` is a result of parse_allowed_host().
    void add(std::string name) { names_.push_back(std::move(name)); }

    /// `host` is the value of the header, with or without a port. A request without the header is
    /// accepted, since browsers always send it.
    [[nodiscard]] bool contains(std::string_view host) const;

  private:
    std::vector<std::string> names_;
};

}  // namespace keyferry::simulator
