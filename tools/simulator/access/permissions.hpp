// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// Actions ("kms:Describe*") that are allowed in some Regions ("eu-*"). Both are patterns in which
/// '*' matches any sequence of characters.
struct Permission {
    std::vector<std::string> actions;
    std::vector<std::string> regions;
};

/// The permissions of an identity; a request is allowed if any of them matches. A simplified IAM
/// without denials, resources or conditions; key policies are ignored.
class Permissions {
  public:
    /// Allows every action in every Region.
    Permissions() = default;
    explicit Permissions(std::vector<Permission> allowed)
        : all_(false), allowed_(std::move(allowed)) {}

    /// Actions are case-insensitive.
    [[nodiscard]] bool allow(std::string_view action, std::string_view region) const;

  private:
    bool all_ = true;
    std::vector<Permission> allowed_;
};

}  // namespace keyferry::simulator
