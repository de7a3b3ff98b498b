// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// Actions ("kms:Describe*") that are allowed in some Regions ("eu-*"). Both are patterns in which
/// '*' stands for any characters.
struct Permission {
    std::vector<std::string> actions;
    std::vector<std::string> regions;
};

/// What an identity may do: what one of its permissions says. IAM in its simplest form: no denials,
/// no resources, no conditions; the policies of keys are not looked at.
class Permissions {
  public:
    /// Everything everywhere.
    Permissions() = default;
    explicit Permissions(std::vector<Permission> allowed)
        : all_(false), allowed_(std::move(allowed)) {}

    /// Case does not count in actions.
    [[nodiscard]] bool allow(std::string_view action, std::string_view region) const;

  private:
    bool all_ = true;
    std::vector<Permission> allowed_;
};

}  // namespace keyferry::simulator
