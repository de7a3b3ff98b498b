// SPDX-License-Identifier: Apache-2.0
#include "io/names/account_id.hpp"

#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::io {

namespace {

constexpr std::size_t kDigits = 12;

}  // namespace

Parsed<AccountId> AccountId::parse(std::string_view text) {
    const bool only_digits =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (text.size() == kDigits && only_digits) {
        return AccountId(std::string(text));
    }
    if (only_digits && !text.empty() && text.size() < kDigits) {
        // A common mistake: a tool has treated the ID as an integer and dropped leading zeros.
        return ParseProblem{
            fmt::format("{} is not an AWS account ID: it has {} digits, expected 12 "
                        "(including leading zeros)",
                        in_quotes(text),
                        text.size())};
    }
    return ParseProblem{
        fmt::format("{} is not an AWS account ID: expected 12 digits", in_quotes(text))};
}

}  // namespace keyferry::io
