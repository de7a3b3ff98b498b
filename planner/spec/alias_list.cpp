// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/alias_list.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/policy/policy_template.hpp"
#include "planner/spec/tag_list.hpp"
#include "planner/text/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace keyferry::planner {

namespace {

constexpr std::string_view kPrefix = "alias/";
constexpr std::string_view kReservedPrefix = "alias/aws/";
/// The longest that can be filled in.
constexpr PlaceholderValues kLongest{
    "ap-southeast-99", "111122223333", "mrk-1234abcd12ab34cd56ef1234567890ab"};

bool is_alias_character(char byte) {
    return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '/' || byte == '_' ||
           byte == '-';
}

/// What KMS would say against `name`, filled in; nothing when it is fine.
std::optional<std::string> why_not_an_alias(const std::string& name) {
    if (!name.starts_with(kPrefix) || name.size() == kPrefix.size()) {
        return fmt::format("{} is no alias: it begins with \"alias/\", and a name follows",
                           io::in_quotes(name));
    }
    if (is_reserved_alias(name)) {
        return fmt::format("{}: aliases that begin with \"alias/aws/\" are AWS's own",
                           io::in_quotes(name));
    }
    const std::string filled = fill_template(name, kLongest);
    const auto strange = std::find_if_not(filled.begin(), filled.end(), is_alias_character);
    if (strange != filled.end()) {
        return fmt::format(
            "the alias {} has the character {}; KMS takes letters, digits and / _ -{}",
            io::in_quotes(name),
            io::in_quotes(std::string_view(&*strange, 1)),
            *strange == '{' || *strange == '}'
                ? ", and {region}, {account} and {key_id} are filled in"
                : "");
    }
    if (filled.size() > kAliasCharactersMax) {
        return fmt::format("the alias {} has {} characters, KMS takes at most {}",
                           io::in_quotes(name),
                           filled.size(),
                           kAliasCharactersMax);
    }
    return std::nullopt;
}

void read_alias_name(const Located<std::string>& name,
                     bool has_several_keys,
                     AliasSpec& wish,
                     DiagnosticList& problems) {
    if (std::optional<std::string> problem = why_not_an_alias(name.value)) {
        problems.error(name.where, *std::move(problem));
    } else if (has_several_keys && name.value.find("{key_id}") == std::string::npos) {
        problems.error(name.where,
                       fmt::format("the alias {} would be that of several keys: write {{key_id}} "
                                   "into it, or make a group of the one key that is meant",
                                   io::in_quotes(name.value)));
    } else if (std::find(wish.templates.begin(), wish.templates.end(), name.value) !=
               wish.templates.end()) {
        problems.error(name.where,
                       fmt::format("the alias {} is there twice", io::in_quotes(name.value)));
    } else {
        wish.templates.push_back(name.value);
    }
}

}  // namespace

bool is_reserved_alias(std::string_view name) noexcept {
    return name.starts_with(kReservedPrefix);
}

AliasSpec read_aliases(TableReader& group, bool has_several_keys, DiagnosticList& problems) {
    AliasSpec wish;
    const SpecNode* node = group.find("aliases");
    if (node == nullptr) {
        return wish;
    }
    if (const auto* word = std::get_if<std::string>(&node->value)) {
        wish.copied = *word == kCopy;
        if (*word != kCopy) {
            problems.error(node->where,
                           fmt::format("{} are no aliases{}; write aliases = "
                                       "[\"alias/app-{{key_id}}\"], or aliases = \"copy\" for "
                                       "those of each primary",
                                       io::in_quotes(*word),
                                       did_you_mean(*word, std::array{kCopy})));
        }
        return wish;
    }
    const std::vector<Located<std::string>> names = group.strings("aliases");
    if (names.size() > kAliasesMax) {
        problems.error(node->where,
                       fmt::format("{} has {} aliases, KMS's default is {} a key at most",
                                   group.name(),
                                   names.size(),
                                   kAliasesMax));
    }
    for (const Located<std::string>& name : names) {
        read_alias_name(name, has_several_keys, wish, problems);
    }
    std::sort(wish.templates.begin(), wish.templates.end());
    return wish;
}

std::vector<std::string> copyable_aliases(std::vector<std::string> names) {
    std::erase_if(names, [](const std::string& name) { return is_reserved_alias(name); });
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace keyferry::planner
