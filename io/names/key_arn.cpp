// SPDX-License-Identifier: Apache-2.0
#include "io/names/key_arn.hpp"

#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace keyferry::io {

namespace {

// arn : partition : service : region : account : resource
constexpr std::size_t kParts = 6;
using Parts = std::array<std::string_view, kParts>;

/// The last part is the rest of the text, including any colons.
std::optional<Parts> split(std::string_view text) {
    Parts parts;
    for (std::size_t i = 0; i + 1 < kParts; ++i) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) {
            return std::nullopt;
        }
        parts[i] = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    parts[kParts - 1] = text;
    return parts;
}

ParseProblem problem_in(std::string_view arn, std::string_view what) {
    return ParseProblem{fmt::format("in the ARN {}: {}", in_quotes(arn), what)};
}

}  // namespace

Parsed<KeyArn> KeyArn::parse(std::string_view text) {
    const std::optional<Parts> parts = split(text);
    if (!parts || (*parts)[0] != "arn") {
        return ParseProblem{fmt::format(
            "{} is not a key ARN: expected arn:PARTITION:kms:REGION:ACCOUNT:key/mrk-...",
            in_quotes(text))};
    }
    const auto& [arn, partition, service, region_part, account_part, resource] = *parts;
    if (service != "kms") {
        return problem_in(text, fmt::format("the service is {}, expected kms", in_quotes(service)));
    }
    const Parsed<Region> region = Region::parse(region_part);
    if (!region) {
        return problem_in(text, region.error().text);
    }
    if (partition != region->partition().name) {
        return problem_in(text,
                          fmt::format("the partition is {}, but Region {} is in partition {}",
                                      in_quotes(partition),
                                      region->name(),
                                      region->partition().name));
    }
    const Parsed<AccountId> account = AccountId::parse(account_part);
    if (!account) {
        return problem_in(text, account.error().text);
    }
    constexpr std::string_view kResourcePrefix = "key/";
    if (resource.starts_with("alias/")) {
        return problem_in(text, "it names an alias; expected the ARN of the key itself");
    }
    if (!resource.starts_with(kResourcePrefix)) {
        return problem_in(
            text, fmt::format("{} is not a key: expected key/mrk-...", in_quotes(resource)));
    }
    const Parsed<KeyId> key_id = KeyId::parse(resource.substr(kResourcePrefix.size()));
    if (!key_id) {
        return problem_in(text, key_id.error().text);
    }
    return KeyArn(*region, *account, *key_id);
}

std::string KeyArn::text() const {
    return fmt::format("arn:{}:kms:{}:{}:key/{}",
                       region.partition().name,
                       region.name(),
                       account.digits(),
                       key_id.text());
}

}  // namespace keyferry::io
