// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace keyferry::io {

/// An AWS partition: a group of Regions with accounts, endpoints and ARNs of its own. Keys cannot
/// be replicated from one partition to another.
struct Partition {
    std::string_view name;               ///< "aws", "aws-cn", "aws-us-gov", ... as in ARNs
    std::string_view dns_suffix;         ///< "amazonaws.com", ...
    std::string_view dual_stack_suffix;  ///< "api.aws", ...

    friend bool operator==(const Partition& a, const Partition& b) { return a.name == b.name; }
};

/// The code of an AWS Region, for example "eu-central-1". Its form is checked (KMS: 1 to 32
/// characters, `^([a-z]+-){2,3}\d+$`); that it exists is not, since new Regions come every year.
class Region {
  public:
    /// Accepts exactly KMS's RegionType. The problem's text says what is wrong with `text`.
    [[nodiscard]] static Parsed<Region> parse(std::string_view text);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// The partition whose Regions are named like this one; "aws" where no pattern matches
    /// (the rule of the SDKs' partition data).
    [[nodiscard]] const Partition& partition() const noexcept;

    friend bool operator==(const Region&, const Region&) = default;
    friend auto operator<=>(const Region&, const Region&) = default;

  private:
    explicit Region(std::string name) : name_(std::move(name)) {}
    std::string name_;
};

/// Regions of the "aws" partition that an account must opt in to (those launched after
/// 2019-03-20). A hint for reports only: at run time KMS itself is the judge.
[[nodiscard]] bool is_opt_in_region(const Region& region) noexcept;

/// True for a Region that was known when this program was built. An unknown one is not an error,
/// but in a fleet spec it is more often a slip of the pen than a new Region.
[[nodiscard]] bool is_known_region(const Region& region) noexcept;

}  // namespace keyferry::io
