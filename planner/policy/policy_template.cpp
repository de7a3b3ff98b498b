// SPDX-License-Identifier: Apache-2.0
#include "planner/policy/policy_template.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/text/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace keyferry::planner {

namespace {

struct Placeholder {
    std::string_view name;
    std::string_view PlaceholderValues::*value;
};

constexpr std::array kPlaceholders{
    Placeholder{"region", &PlaceholderValues::region},
    Placeholder{"account", &PlaceholderValues::account},
    Placeholder{"key_id", &PlaceholderValues::key_id},
};

/// Returns the text between the braces at text[open] if it is a single word, surrounding spaces
/// included; nullopt if the brace is JSON syntax.
std::optional<std::string_view> word_in_braces(std::string_view text, std::size_t open) {
    const std::size_t close = text.find_first_of("{}\"", open + 1);
    if (close == std::string_view::npos || text[close] != '}' || close == open + 1) {
        return std::nullopt;
    }
    const std::string_view word = text.substr(open + 1, close - open - 1);
    const bool is_word = std::all_of(word.begin(), word.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == ' ';
    });
    const bool is_blank = word.find_first_not_of(' ') == std::string_view::npos;
    if (!is_word || is_blank) {
        return std::nullopt;
    }
    return word;
}

const Placeholder* placeholder_named(std::string_view name) {
    for (const Placeholder& placeholder : kPlaceholders) {
        if (placeholder.name == name) {
            return &placeholder;
        }
    }
    return nullptr;
}

/// Returns the template with each placeholder replaced by `replace(placeholder)`.
template <typename Replace>
std::string replaced(std::string_view text, Replace replace) {
    std::string result;
    result.reserve(text.size() + text.size() / 8);
    std::size_t copied = 0;
    for (std::size_t open = text.find('{'); open != std::string_view::npos;
         open = text.find('{', open + 1)) {
        const std::optional<std::string_view> word = word_in_braces(text, open);
        const Placeholder* placeholder = word ? placeholder_named(*word) : nullptr;
        if (placeholder != nullptr) {
            result.append(text, copied, open - copied);
            result.append(replace(*placeholder));
            copied = open + word->size() + 2;
        }
    }
    result.append(text, copied);
    return result;
}

}  // namespace

std::string fill_template(std::string_view policy_template, const PlaceholderValues& values) {
    return replaced(policy_template,
                    [&](const Placeholder& placeholder) { return values.*placeholder.value; });
}

bool has_placeholder(std::string_view text) {
    bool found = false;
    replaced(text, [&](const Placeholder& placeholder) {
        found = true;
        return placeholder.name;
    });
    return found;
}

std::string mask_placeholders(std::string_view policy_template) {
    return replaced(policy_template, [](const Placeholder& placeholder) {
        // Only the account is numeric, and therefore also valid JSON outside a string.
        return std::string(placeholder.name.size() + 2, placeholder.name == "account" ? '1' : 'x');
    });
}

std::vector<TextFinding> check_placeholders(std::string_view policy_template) {
    constexpr std::array<std::string_view, 3> kNames{"region", "account", "key_id"};
    std::vector<TextFinding> findings;
    for (std::size_t open = policy_template.find('{'); open != std::string_view::npos;
         open = policy_template.find('{', open + 1)) {
        const std::optional<std::string_view> word = word_in_braces(policy_template, open);
        if (!word) {
            continue;
        }
        if (open > 0 && policy_template[open - 1] == '$') {
            findings.push_back(TextFinding{
                Severity::error,
                open - 1,
                fmt::format("${{{}}} is not an IAM policy variable; placeholders are written "
                            "{{region}}, {{account}} and {{key_id}}, without '$'",
                            *word)});
        } else if (placeholder_named(*word) == nullptr) {
            findings.push_back(TextFinding{
                Severity::error,
                open,
                fmt::format(
                    "unknown placeholder {}{}; the placeholders are {{region}}, {{account}} "
                    "and {{key_id}} (write \\u007b for a literal brace)",
                    io::in_quotes(*word),
                    did_you_mean(*word, kNames))});
        }
    }
    return findings;
}

}  // namespace keyferry::planner
