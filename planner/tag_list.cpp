#include "planner/tag_list.hpp"

#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace keyferry {

namespace {

std::size_t character_count(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
    }));
}

bool has_reserved_prefix(std::string_view key) {
    constexpr std::string_view kReserved = "aws:";
    return key.size() >= kReserved.size() &&
           std::equal(kReserved.begin(), kReserved.end(), key.begin(), [](char a, char b) {
               return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
           });
}

bool is_tag_character(char byte) {
    constexpr std::string_view kMarks = " _.:/=+-@";
    const auto value = static_cast<unsigned char>(byte);
    return value >= 0x80U || std::isalnum(value) != 0 || kMarks.find(byte) != kMarks.npos;
}

/// What KMS would say against `text` as a tag's key or value; nothing when it is fine.
std::optional<std::string> why_not(std::string_view what,
                                   std::string_view text,
                                   std::size_t characters_max) {
    const std::size_t characters = character_count(text);
    if (characters > characters_max) {
        return fmt::format("the tag {} {} has {} characters, KMS takes at most {}",
                           what,
                           in_quotes(text),
                           characters,
                           characters_max);
    }
    const auto strange = std::find_if_not(text.begin(), text.end(), is_tag_character);
    if (strange != text.end()) {
        return fmt::format(
            "the tag {} {} has the character {}; KMS takes letters, digits, spaces and _ . : / = "
            "+ - @",
            what,
            in_quotes(text),
            in_quotes(std::string_view(&*strange, 1)));
    }
    return std::nullopt;
}

std::optional<std::string> why_not_a_key(std::string_view key) {
    if (key.empty()) {
        return "a tag key has 1 to 128 characters, this one is empty";
    }
    if (has_reserved_prefix(key)) {
        return fmt::format("the tag key {}: the prefix aws: is reserved", in_quotes(key));
    }
    return why_not("key", key, kTagKeyCharactersMax);
}

}  // namespace

std::vector<Tag> read_tags(TableReader& group, ProblemList& problems) {
    std::vector<Tag> tags;
    const SpecNode* table = group.table("tags");
    if (table == nullptr) {
        return tags;
    }
    const auto& members = std::get<SpecNode::Table>(table->value);
    if (members.size() > kTagsMax) {
        problems.error(
            table->where,
            fmt::format(
                "{} has {} tags, KMS takes at most {}", group.name(), members.size(), kTagsMax));
    }
    for (const SpecMember& member : members) {
        if (std::optional<std::string> problem = why_not_a_key(member.key)) {
            problems.error(member.key_where, *std::move(problem));
        }
        const auto* value = std::get_if<std::string>(&member.node.value);
        if (value == nullptr) {
            problems.error(member.node.where,
                           fmt::format("the value of the tag {} must be a string, not {}",
                                       in_quotes(member.key),
                                       kind_of(member.node)));
            continue;
        }
        if (std::optional<std::string> problem = why_not("value", *value, kTagValueCharactersMax)) {
            problems.error(member.node.where, *std::move(problem));
        }
        tags.emplace_back(member.key, *value);
    }
    std::sort(tags.begin(), tags.end());
    return tags;
}

std::optional<std::string> read_description(TableReader& group, ProblemList& problems) {
    std::optional<Written<std::string>> text = group.string("description");
    if (!text) {
        return std::nullopt;
    }
    const std::size_t characters = character_count(text->value);
    if (characters > kDescriptionCharactersMax) {
        problems.error(text->where,
                       fmt::format("the description has {} characters, KMS takes at most {}",
                                   characters,
                                   kDescriptionCharactersMax));
    }
    return std::move(text->value);
}

}  // namespace keyferry
