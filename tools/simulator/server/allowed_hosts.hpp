// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// The values of the Host header that the simulator accepts. A page in a browser could otherwise
/// use the simulator through a host name of its own that resolves to 127.0.0.1 (DNS rebinding).
///
/// IP addresses are always accepted, because they need no resolution, and so are localhost and
/// names below it, which browsers never resolve elsewhere.
class AllowedHosts {
  public:
    /// Accepts this name too; "*.example.com" accepts all names below example.com.
    void add(std::string_view name);

    /// `host` is the value of the header, with or without a port. A request without the header is
    /// accepted: browsers always send it.
    [[nodiscard]] bool contains(std::string_view host) const;

  private:
    std::vector<std::string> names_;
};

}  // namespace keyferry::simulator
