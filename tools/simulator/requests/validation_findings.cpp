// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/requests/validation_findings.hpp"

#include "io/names/region.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::simulator {

namespace {

// Constraints of the KMS service model (version 2014-11-01, as of May 2026).
constexpr std::size_t kRegionMax = 32;
constexpr std::size_t kMarkerMax = 1024;

// Limits specific to the simulator.
constexpr std::size_t kQuotedValueMax = 256;  // of a value in a message
constexpr std::size_t kFindingsMax = 100;     // a body can hold 30,000 invalid tags

/// Counts characters, not bytes: skips UTF-8 continuation bytes.
std::size_t characters_in(std::string_view text) {
    constexpr unsigned kTopBits = 0xc0U;
    constexpr unsigned kContinuation = 0x80U;
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & kTopBits) != kContinuation;
    }));
}

// fmt::join is not used: g++ 12.2 reports a buffer overflow in fmt 9's implementation.
template <typename Texts>
std::string joined(const Texts& texts, std::string_view separator) {
    std::string all;
    for (const std::string_view text : texts) {
        all += all.empty() ? std::string_view{} : separator;
        all += text;
    }
    return all;
}

}  // namespace

bool has_latin_1_only(std::string_view text, std::string_view controls) {
    constexpr unsigned char kAsciiEnd = 0x80;
    constexpr unsigned char kLatin1LeadMin = 0xc2;  // lead byte of U+0080
    constexpr unsigned char kLatin1LeadMax = 0xc3;  // lead byte of U+00FF
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < kAsciiEnd) {
            if (byte < ' ' && controls.find(text[i]) == std::string_view::npos) {
                return false;
            }
            continue;
        }
        if (byte < kLatin1LeadMin || byte > kLatin1LeadMax) {
            return false;
        }
        ++i;  // skip the continuation byte
    }
    return true;
}

void ValidationFindings::add(std::string_view value,
                             std::string_view member,
                             std::string_view constraint) {
    if (findings_.size() == kFindingsMax) {
        return;
    }
    findings_.push_back(fmt::format("Value '{}{}' at '{}' failed to satisfy constraint: {}",
                                    value.substr(0, kQuotedValueMax),
                                    value.size() > kQuotedValueMax ? "..." : "",
                                    member,
                                    constraint));
}

void ValidationFindings::add_missing(std::string_view member) {
    findings_.push_back(fmt::format(
        "Value null at '{}' failed to satisfy constraint: Member must not be null", member));
}

void ValidationFindings::add_length(std::string_view value,
                                    std::string_view member,
                                    std::size_t characters_min,
                                    std::size_t characters_max) {
    const std::size_t characters = characters_in(value);
    if (characters < characters_min) {
        add(value,
            member,
            fmt::format("Member must have length greater than or equal to {}", characters_min));
    }
    if (characters > characters_max) {
        add(value,
            member,
            fmt::format("Member must have length less than or equal to {}", characters_max));
    }
}

void ValidationFindings::add_range(std::optional<std::int32_t> value,
                                   std::string_view member,
                                   std::int32_t min,
                                   std::int32_t max) {
    if (value && *value < min) {
        add(std::to_string(*value),
            member,
            fmt::format("Member must have value greater than or equal to {}", min));
    }
    if (value && *value > max) {
        add(std::to_string(*value),
            member,
            fmt::format("Member must have value less than or equal to {}", max));
    }
}

void ValidationFindings::add_enum(const std::optional<std::string>& value,
                                  std::string_view member,
                                  std::span<const std::string_view> allowed) {
    if (value && std::find(allowed.begin(), allowed.end(), *value) == allowed.end()) {
        add(*value,
            member,
            fmt::format("Member must satisfy enum value set: [{}]", joined(allowed, ", ")));
    }
}

void ValidationFindings::add_key_id(std::string_view key_id) {
    add_length(key_id, "keyId", 1, kKeyIdMax);
}

void ValidationFindings::add_region(std::string_view region, std::string_view member) {
    add_length(region, member, 1, kRegionMax);
    if (!io::Region::parse(region)) {
        add(region, member, "Member must satisfy regular expression pattern: ^([a-z]+-){2,3}\\d+$");
    }
}

void ValidationFindings::add_page(std::optional<std::int32_t> limit,
                                  int limit_max,
                                  const std::optional<std::string>& marker) {
    add_range(limit, "limit", 1, limit_max);
    if (!marker) {
        return;
    }
    add_length(*marker, "marker", 1, kMarkerMax);
    if (!has_latin_1_only(*marker, "")) {
        add(*marker,
            "marker",
            "Member must satisfy regular expression pattern: [\\u0020-\\u00FF]*");
    }
}

std::optional<KmsRefusal> ValidationFindings::refusal() const {
    if (findings_.empty()) {
        return std::nullopt;
    }
    return KmsRefusal(io::KmsErrorCode::validation,
                      fmt::format("{} validation error{} detected: {}",
                                  findings_.size(),
                                  findings_.size() == 1 ? "" : "s",
                                  joined(findings_, "; ")));
}

}  // namespace keyferry::simulator
