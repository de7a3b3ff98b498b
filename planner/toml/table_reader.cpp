// SPDX-License-Identifier: Apache-2.0
#include "planner/toml/table_reader.hpp"

#include "io/names/duration_text.hpp"
#include "io/names/in_quotes.hpp"
#include "planner/text/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>

namespace keyferry::planner {

namespace {

/// Returns midnight UTC of a date such as "2026-01-31" in seconds since the Unix epoch; nullopt if
/// `text` is not a date.
std::optional<double> midnight_s(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00";
    if (text.size() != kForm.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (kForm[i] == '-' ? text[i] != '-' : !is_digit) {
            return std::nullopt;
        }
    }
    const auto number = [&](std::size_t begin, std::size_t digits) {
        int value = 0;
        for (const char digit : text.substr(begin, digits)) {
            value = value * 10 + (digit - '0');
        }
        return value;
    };
    const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(number(8, 2))));
    if (!date.ok()) {
        return std::nullopt;
    }
    return std::chrono::duration<double>(std::chrono::sys_days(date).time_since_epoch()).count();
}

}  // namespace

std::string_view kind_of(const SpecNode& node) noexcept {
    constexpr std::array<std::string_view, 7> kKinds{"true or false",
                                                     "an integer",
                                                     "a number",
                                                     "a string",
                                                     "a date or time",
                                                     "an array",
                                                     "a table"};
    static_assert(std::variant_size_v<SpecNode::Value> == kKinds.size());
    return kKinds[node.value.index()];
}

TableReader::TableReader(const SpecNode& table, std::string name, DiagnosticList& problems)
    : members_(std::get<SpecNode::Table>(table.value)),
      name_(std::move(name)),
      where_(table.where),
      problems_(problems) {}

const SpecNode* TableReader::find(std::string_view key) {
    known_keys_.push_back(key);
    for (const SpecMember& member : members_) {
        if (member.key == key) {
            return &member.node;
        }
    }
    return nullptr;
}

void TableReader::report_wrong_type(std::string_view key,
                                    const SpecNode& node,
                                    std::string_view expected) {
    problems_.error(
        node.where,
        fmt::format("{} in {} must be {}, not {}", key, name_, expected, kind_of(node)));
}

std::optional<Located<std::string>> TableReader::string(std::string_view key) {
    const SpecNode* node = find(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (const auto* text = std::get_if<std::string>(&node->value)) {
        return Located<std::string>{*text, node->where};
    }
    const bool number = std::holds_alternative<std::int64_t>(node->value);
    problems_.error(node->where,
                    fmt::format("{} in {} must be a string, not {}{}",
                                key,
                                name_,
                                kind_of(*node),
                                number ? "; put it in quotes" : ""));
    return std::nullopt;
}

std::optional<Located<bool>> TableReader::boolean(std::string_view key) {
    const SpecNode* node = find(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (const auto* flag = std::get_if<bool>(&node->value)) {
        return Located<bool>{*flag, node->where};
    }
    report_wrong_type(key, *node, "true or false");
    return std::nullopt;
}

std::optional<Located<double>> TableReader::finite_number(std::string_view key,
                                                          std::string_view expected) {
    const SpecNode* node = find(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (const auto* integer = std::get_if<std::int64_t>(&node->value)) {
        return Located<double>{static_cast<double>(*integer), node->where};
    }
    const auto* number = std::get_if<double>(&node->value);
    if (number != nullptr && std::isfinite(*number)) {
        return Located<double>{*number, node->where};
    }
    report_wrong_type(key, *node, expected);
    return std::nullopt;
}

std::optional<Located<std::int64_t>> TableReader::integer(std::string_view key,
                                                          std::int64_t least,
                                                          std::int64_t most) {
    const SpecNode* node = find(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    const auto* integer = std::get_if<std::int64_t>(&node->value);
    if (integer != nullptr && *integer >= least && *integer <= most) {
        return Located<std::int64_t>{*integer, node->where};
    }
    problems_.error(node->where,
                    fmt::format("{} in {} must be a whole number from {} to {}, not {}",
                                key,
                                name_,
                                least,
                                most,
                                integer ? std::to_string(*integer) : std::string(kind_of(*node))));
    return std::nullopt;
}

std::optional<Located<double>> TableReader::number(std::string_view key,
                                                   double more_than,
                                                   double most) {
    const std::string expected =
        fmt::format("a number greater than {} and at most {}", more_than, most);
    std::optional<Located<double>> number = finite_number(key, expected);
    if (number && (number->value <= more_than || number->value > most)) {
        problems_.error(
            number->where,
            fmt::format("{} in {} must be {}, not {}", key, name_, expected, number->value));
        return std::nullopt;
    }
    return number;
}

std::optional<Located<std::chrono::milliseconds>> TableReader::duration(
    std::string_view key, std::chrono::milliseconds least, std::chrono::milliseconds most) {
    const std::optional<Located<std::string>> text = string(key);
    if (!text) {
        return std::nullopt;
    }
    const io::Parsed<std::chrono::milliseconds> duration = io::parse_duration(text->value);
    if (!duration) {
        problems_.error(text->where,
                        fmt::format("{} in {}: {}", key, name_, duration.error().text));
        return std::nullopt;
    }
    if (*duration < least || *duration > most) {
        problems_.error(text->where,
                        fmt::format("{} in {} must be from {} to {}, not {}",
                                    key,
                                    name_,
                                    io::duration_text(least),
                                    io::duration_text(most),
                                    text->value));
        return std::nullopt;
    }
    return Located<std::chrono::milliseconds>{*duration, text->where};
}

std::vector<Located<std::string>> TableReader::strings(std::string_view key) {
    std::vector<Located<std::string>> texts;
    const SpecNode* node = find(key);
    if (node == nullptr) {
        return texts;
    }
    const auto* elements = std::get_if<SpecNode::Array>(&node->value);
    if (elements == nullptr) {
        report_wrong_type(key, *node, "an array of strings");
        return texts;
    }
    texts.reserve(elements->size());
    for (const SpecNode& element : *elements) {
        if (const auto* text = std::get_if<std::string>(&element.value)) {
            texts.push_back(Located<std::string>{*text, element.where});
        } else {
            problems_.error(
                element.where,
                fmt::format(
                    "{} in {} must contain only strings, not {}", key, name_, kind_of(element)));
        }
    }
    return texts;
}

std::vector<Located<std::string>> TableReader::string_or_strings(std::string_view key) {
    const SpecNode* node = find(key);
    if (node != nullptr && !std::holds_alternative<std::string>(node->value) &&
        !std::holds_alternative<SpecNode::Array>(node->value)) {
        report_wrong_type(key, *node, "a string or an array of strings");
        return {};
    }
    if (node != nullptr && std::holds_alternative<std::string>(node->value)) {
        return {Located<std::string>{std::get<std::string>(node->value), node->where}};
    }
    return strings(key);
}

std::optional<Located<double>> TableReader::moment_s(std::string_view key) {
    const SpecNode* node = find(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    std::optional<double> epoch_s;
    if (const auto* moment = std::get_if<SpecNode::DateOrTime>(&node->value)) {
        epoch_s = moment->epoch_s;
    } else if (const auto* text = std::get_if<std::string>(&node->value)) {
        epoch_s = midnight_s(*text);
    }
    if (!epoch_s) {
        const auto* text = std::get_if<std::string>(&node->value);
        problems_.error(
            node->where,
            fmt::format("{} in {} must be a date (2026-01-31, meaning midnight UTC) or, without "
                        "quotes, a date and time with a UTC offset (2026-01-31T12:00:00Z), not {}",
                        key,
                        name_,
                        text != nullptr ? io::in_quotes(*text) : std::string(kind_of(*node))));
        return std::nullopt;
    }
    return Located<double>{*epoch_s, node->where};
}

const SpecNode* TableReader::table(std::string_view key) {
    const SpecNode* node = find(key);
    if (node != nullptr && !std::holds_alternative<SpecNode::Table>(node->value)) {
        report_wrong_type(key, *node, "a table");
        return nullptr;
    }
    return node;
}

std::vector<const SpecNode*> TableReader::tables(std::string_view key) {
    std::vector<const SpecNode*> found;
    const SpecNode* node = find(key);
    if (node == nullptr) {
        return found;
    }
    const auto* elements = std::get_if<SpecNode::Array>(&node->value);
    if (elements == nullptr) {
        problems_.error(node->where,
                        fmt::format("{} must be an array of tables, each starting with [[{}]] in "
                                    "double brackets",
                                    key,
                                    key));
        return found;
    }
    for (const SpecNode& element : *elements) {
        if (std::holds_alternative<SpecNode::Table>(element.value)) {
            found.push_back(&element);
        } else {
            problems_.error(
                element.where,
                fmt::format("{} must contain only tables, not {}", key, kind_of(element)));
        }
    }
    return found;
}

void TableReader::require(std::string_view key, std::string_view what_to_write) {
    if (find(key) == nullptr) {
        problems_.error(where_, fmt::format("{} has no {}: {}", name_, key, what_to_write));
    }
}

void TableReader::finish() {
    for (const SpecMember& member : members_) {
        if (std::find(known_keys_.begin(), known_keys_.end(), member.key) != known_keys_.end()) {
            continue;
        }
        // Beyond kDiagnosticsMax, errors are only counted, so skip the suggestion.
        const bool is_shown = problems_.error_count() < kDiagnosticsMax;
        std::string advice = is_shown ? did_you_mean(member.key, known_keys_) : "";
        if (is_shown && advice.empty()) {
            const std::set<std::string_view> known(known_keys_.begin(), known_keys_.end());
            for (const std::string_view key : known) {
                advice.append(advice.empty() ? "; valid keys: " : ", ").append(key);
            }
        }
        problems_.error(
            member.key_where,
            fmt::format("unknown key {1} in {0}{2}", name_, io::in_quotes(member.key), advice));
    }
}

}  // namespace keyferry::planner
