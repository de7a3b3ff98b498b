// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/tag_list.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/utf8.hpp"
#include "planner/plan/tag_limits.hpp"
#include "planner/text/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace keyferry::planner {

namespace {

/// Returns whether a description is probably meant to be "copy". Any text is valid.
bool is_nearly_copy(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    text.remove_prefix(begin);
    text = text.substr(0, text.find_last_not_of(' ') + 1);
    return std::equal(text.begin(), text.end(), kCopy.begin(), kCopy.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b;
    });
}

bool is_tag_character(char byte) {
    constexpr std::string_view kMarks = " _.:/=+-@";
    const auto value = static_cast<unsigned char>(byte);
    return value >= 0x80U || std::isalnum(value) != 0 || kMarks.find(byte) != kMarks.npos;
}

/// Returns why KMS would reject `text` as the key or value of a tag; nullopt if it is valid.
std::optional<std::string> tag_text_error(std::string_view what,
                                          std::string_view text,
                                          std::size_t characters_max) {
    const std::size_t characters = io::count_characters(text);
    if (characters > characters_max) {
        return fmt::format("the tag {} {} has {} characters; KMS allows at most {}",
                           what,
                           io::in_quotes(text),
                           characters,
                           characters_max);
    }
    const auto invalid = std::find_if_not(text.begin(), text.end(), is_tag_character);
    if (invalid != text.end()) {
        return fmt::format(
            "the tag {} {} contains the character {}; KMS accepts letters, digits, spaces and _ . "
            ": / = "
            "+ - @",
            what,
            io::in_quotes(text),
            io::in_quotes(std::string_view(&*invalid, 1)));
    }
    return std::nullopt;
}

std::optional<std::string> tag_key_error(std::string_view key) {
    if (key.empty()) {
        return "a tag key must have 1 to 128 characters; this one is empty";
    }
    if (has_reserved_prefix(key)) {
        return fmt::format("the tag key {}: the prefix aws: is reserved", io::in_quotes(key));
    }
    return tag_text_error("key", key, kTagKeyCharactersMax);
}

std::vector<io::Tag> tags_of_table(const TableReader& group,
                                   const SpecNode& table,
                                   DiagnosticList& problems) {
    std::vector<io::Tag> tags;
    const auto& members = std::get<SpecNode::Table>(table.value);
    if (members.size() > kTagsMax) {
        problems.error(
            table.where,
            fmt::format(
                "{} has {} tags; KMS allows at most {}", group.name(), members.size(), kTagsMax));
    }
    for (const SpecMember& member : members) {
        if (std::optional<std::string> problem = tag_key_error(member.key)) {
            problems.error(member.key_where, *problem);
        }
        const auto* value = std::get_if<std::string>(&member.node.value);
        if (value == nullptr) {
            problems.error(member.node.where,
                           fmt::format("the value of the tag {} must be a string, not {}",
                                       io::in_quotes(member.key),
                                       kind_of(member.node)));
            continue;
        }
        if (std::optional<std::string> problem =
                tag_text_error("value", *value, kTagValueCharactersMax)) {
            problems.error(member.node.where, *problem);
        }
        tags.emplace_back(member.key, *value);
    }
    std::sort(tags.begin(), tags.end());
    return tags;
}

}  // namespace

void read_tags(TableReader& group, DiagnosticList& problems, ReplicaParameters& parameters) {
    const SpecNode* node = group.find("tags");
    const auto* word = node == nullptr ? nullptr : std::get_if<std::string>(&node->value);
    if (word != nullptr) {
        parameters.copied.tags = *word == kCopy;
        if (*word != kCopy) {
            problems.error(
                node->where,
                fmt::format("{} is not a table of tags{}; write tags = {{ key = \"value\" }} "
                            "or, to copy those of each primary, tags = \"copy\"",
                            io::in_quotes(*word),
                            did_you_mean(*word, std::array{kCopy})));
        }
        return;
    }
    if (const SpecNode* table = group.table("tags")) {
        parameters.tags = tags_of_table(group, *table, problems);
    }
}

void read_description(TableReader& group, DiagnosticList& problems, ReplicaParameters& parameters) {
    std::optional<Located<std::string>> text = group.string("description");
    if (!text) {
        return;
    }
    if (text->value == kCopy) {
        parameters.copied.description = true;
        return;
    }
    if (is_nearly_copy(text->value)) {
        problems.warning(
            text->where,
            fmt::format("{} is sent literally; to copy the description of each primary, "
                        "write exactly description = \"copy\"",
                        io::in_quotes(text->value)));
    }
    const std::size_t characters = io::count_characters(text->value);
    if (characters > kDescriptionCharactersMax) {
        problems.error(text->where,
                       fmt::format("the description has {} characters; KMS allows at most {}",
                                   characters,
                                   kDescriptionCharactersMax));
    }
    parameters.description = std::move(text->value);
}

}  // namespace keyferry::planner
