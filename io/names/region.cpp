// SPDX-License-Identifier: Apache-2.0
#include "io/names/region.hpp"

#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keyferry::io {

namespace {

constexpr std::size_t kRegionBytesMax = 32;  // KMS's RegionType

// Names, DNS suffixes and Regions of each partition, from the SDKs' partition data of November
// 2026.
constexpr Partition kAws{"aws", "amazonaws.com", "api.aws"};
constexpr Partition kAwsChina{"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"};
constexpr Partition kAwsGovCloud{"aws-us-gov", "amazonaws.com", "api.aws"};
constexpr Partition kAwsEurope{"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"};
constexpr Partition kAwsIso{"aws-iso", "c2s.ic.gov", "api.aws.ic.gov"};
constexpr Partition kAwsIsoB{"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"};
constexpr Partition kAwsIsoE{"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"};
constexpr Partition kAwsIsoF{"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"};

struct PartitionRule {
    std::string_view prefix;  // the part before "-<word>-<number>" in its Region names
    const Partition* partition;
};

// "aws" is omitted because it is the default if no rule matches, as in the SDKs.
constexpr std::array kPartitionRules{
    PartitionRule{"cn", &kAwsChina},
    PartitionRule{"us-gov", &kAwsGovCloud},
    PartitionRule{"eusc-de", &kAwsEurope},
    PartitionRule{"us-iso", &kAwsIso},
    PartitionRule{"us-isob", &kAwsIsoB},
    PartitionRule{"eu-isoe", &kAwsIsoE},
    PartitionRule{"us-isof", &kAwsIsoF},
};

// Regions launched before 2019-03-20, which are enabled in every account.
constexpr std::array<std::string_view, 17> kEnabledByDefault{
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
};

constexpr std::array<std::string_view, 19> kOptIn{
    "af-south-1",     "ap-east-1",      "ap-east-2",      "ap-south-2",     "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1",
    "eu-central-2",   "eu-south-1",     "eu-south-2",     "il-central-1",   "me-central-1",
    "me-south-1",     "me-west-1",      "mx-central-1",   "sa-west-1",
};

constexpr std::array<std::string_view, 12> kOtherPartitions{
    "cn-north-1",
    "cn-northwest-1",
    "eu-isoe-west-1",
    "eusc-de-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// ^([a-z]+-){2,3}\d+$
bool has_region_form(std::string_view text) {
    std::size_t words = 0;
    std::size_t dash = text.find('-');
    while (dash != std::string_view::npos) {
        const std::string_view word = text.substr(0, dash);
        if (word.empty() ||
            !std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
            return false;
        }
        ++words;
        text.remove_prefix(dash + 1);
        dash = text.find('-');
    }
    return (words == 2 || words == 3) && !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Returns all but the last two dash-separated parts: "us-gov" for "us-gov-west-1".
std::string_view prefix_of(std::string_view name) {
    const std::size_t number = name.rfind('-');
    const std::size_t word = name.rfind('-', number - 1);
    return name.substr(0, word);
}

}  // namespace

Parsed<Region> Region::parse(std::string_view text) {
    if (text.empty()) {
        return ParseProblem{"expected a Region code, for example eu-central-1"};
    }
    if (text.size() > kRegionBytesMax) {
        return ParseProblem{
            fmt::format("{} is not a Region code: it has {} characters, "
                        "the maximum is {}",
                        in_quotes(text),
                        text.size(),
                        kRegionBytesMax)};
    }
    if (!has_region_form(text)) {
        return ParseProblem{
            fmt::format("{} is not a Region code: expected two or three lower-case words and a "
                        "number, joined by dashes, for example eu-central-1",
                        in_quotes(text))};
    }
    return Region(std::string(text));
}

const Partition& Region::partition() const noexcept {
    const std::string_view prefix = prefix_of(name_);
    for (const PartitionRule& rule : kPartitionRules) {
        if (rule.prefix == prefix) {
            return *rule.partition;
        }
    }
    return kAws;
}

bool is_opt_in_region(const Region& region) noexcept {
    // Only the launch date matters: a Region of "aws" that is newer than this program counts as an
    // opt-in Region.
    return region.partition() == kAws && !contains(kEnabledByDefault, region.name());
}

bool is_known_region(const Region& region) noexcept {
    return contains(kEnabledByDefault, region.name()) || contains(kOptIn, region.name()) ||
           contains(kOtherPartitions, region.name());
}

}  // namespace keyferry::io
