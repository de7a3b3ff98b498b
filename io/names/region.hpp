// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace keyferry::io {

/// An AWS partition: a group of Regions with their own accounts, endpoints and ARNs. Keys cannot be
/// replicated across partitions.
struct Partition {
    std::string_view name;               ///< "aws", "aws-cn", "aws-us-gov", ... as used in ARNs
    std::string_view dns_suffix;         ///< "amazonaws.com", ...
    std::string_view dual_stack_suffix;  ///< "api.aws", ...

    friend bool operator==(const Partition& a, const Partition& b) { return a.name == b.name; }
};

/// The code of an AWS Region, for example "eu-central-1". The format is validated (KMS requires 1
/// to 32 characters, `^([a-z]+-){2,3}\d+$`). Whether the Region exists is not checked, since AWS
/// launches new Regions every year.
class Region {
  public:
    /// Accepts exactly the strings that KMS's RegionType allows. The error describes what is wrong
    /// with `text`.
    [[nodiscard]] static Parsed<Region> parse(std::string_view text);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// The partition whose naming pattern matches; "aws" if no pattern matches. This is the same
    /// rule as in the SDKs' partition data.
    [[nodiscard]] const Partition& partition() const noexcept;

    friend bool operator==(const Region&, const Region&) = default;
    friend auto operator<=>(const Region&, const Region&) = default;

  private:
    explicit Region(std::string name) : name_(std::move(name)) {}
    std::string name_;
};

/// Whether an account must opt in to `region`. This applies to the Regions of the "aws" partition
/// that were launched after 2019-03-20. Used for hints in reports, and to handle rejected
/// credentials, because an opt-in Region may reject credentials that other Regions accept.
[[nodiscard]] bool is_opt_in_region(const Region& region) noexcept;

/// Whether `region` was known when this program was built. An unknown Region is not an error, but
/// in a fleet spec, it is more likely to be a typo than a new Region.
[[nodiscard]] bool is_known_region(const Region& region) noexcept;

}  // namespace keyferry::io
