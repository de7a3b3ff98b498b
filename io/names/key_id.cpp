// SPDX-License-Identifier: Apache-2.0
#include "io/names/key_id.hpp"

#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::io {

namespace {

constexpr std::string_view kPrefix = "mrk-";
constexpr std::size_t kHexDigits = 32;

bool is_lower_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_hex(char c) {
    return is_lower_hex(c) || (c >= 'A' && c <= 'F');
}

/// 8-4-4-4-12 hexadecimal digits: the ID of a single-Region key.
bool is_uuid(std::string_view text) {
    constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    return text.size() == kForm.size() &&
           std::equal(text.begin(), text.end(), kForm.begin(), [](char c, char form) {
               return form == '-' ? c == '-' : is_hex(c);
           });
}

std::string why_not_a_key_id(std::string_view text) {
    if (text.empty()) {
        return "expected a key id: mrk- and 32 hexadecimal digits";
    }
    if (text.starts_with("arn:")) {
        return fmt::format("{} is an ARN; write only the key id, which begins with mrk-",
                           in_quotes(text));
    }
    if (text.starts_with("alias/")) {
        return fmt::format(
            "{} is an alias, which can be pointed at another key later; write the key id (mrk-...)",
            in_quotes(text));
    }
    if (is_uuid(text)) {
        return fmt::format(
            "{} is the id of a single-Region key, which KMS can never replicate; the id of a "
            "multi-Region key begins with mrk-",
            in_quotes(text));
    }
    if (!text.starts_with(kPrefix)) {
        return fmt::format(
            "{} is not the id of a multi-Region key: expected mrk- and 32 hexadecimal digits",
            in_quotes(text));
    }
    const std::string_view digits = text.substr(kPrefix.size());
    if (digits.size() != kHexDigits) {
        return fmt::format("{} is not a key id: it has {} characters after mrk-, expected 32",
                           in_quotes(text),
                           digits.size());
    }
    if (std::all_of(digits.begin(), digits.end(), is_hex)) {
        return fmt::format("{} is not a key id: its letters must be lower case", in_quotes(text));
    }
    return fmt::format("{} is not a key id: only the digits 0-9 and a-f may follow mrk-",
                       in_quotes(text));
}

}  // namespace

Parsed<KeyId> KeyId::parse(std::string_view text) {
    if (text.starts_with(kPrefix) && text.size() == kPrefix.size() + kHexDigits &&
        std::all_of(text.begin() + kPrefix.size(), text.end(), is_lower_hex)) {
        return KeyId(std::string(text));
    }
    return ParseProblem{why_not_a_key_id(text)};
}

}  // namespace keyferry::io
