// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace keyferry::io {

/// An AWS account ID: twelve digits.
class AccountId {
  public:
    /// Accepts exactly twelve digits.
    [[nodiscard]] static Parsed<AccountId> parse(std::string_view text);

    [[nodiscard]] const std::string& digits() const noexcept { return digits_; }

    friend bool operator==(const AccountId&, const AccountId&) = default;
    friend auto operator<=>(const AccountId&, const AccountId&) = default;

  private:
    explicit AccountId(std::string digits) : digits_(std::move(digits)) {}
    std::string digits_;
};

}  // namespace keyferry::io
