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

namespace keyferry::planner {

namespace {

constexpr std::string_view kPrefix = "alias/";
constexpr std::string_view kReservedPrefix = "alias/aws/";
/// The longest values that can replace the placeholders.
constexpr PlaceholderValues kLongest{
    "ap-southeast-99", "111122223333", "mrk-1234abcd12ab34cd56ef1234567890ab"};

bool is_alias_character(char byte) {
    return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '/' || byte == '_' ||
           byte == '-';
}

/// Returns why KMS would reject `name` with its placeholders filled in; nullopt if it is valid.
std::optional<std::string> alias_error(const std::string& name) {
    if (!name.starts_with(kPrefix) || name.size() == kPrefix.size()) {
        return fmt::format(
            "{} is not a valid alias: it must start with \"alias/\" followed by a name",
            io::in_quotes(name));
    }
    if (is_reserved_alias(name)) {
        return fmt::format("{}: aliases that start with \"alias/aws/\" are reserved for AWS",
                           io::in_quotes(name));
    }
    const std::string filled = fill_template(name, kLongest);
    const auto invalid = std::find_if_not(filled.begin(), filled.end(), is_alias_character);
    if (invalid != filled.end()) {
        return fmt::format(
            "the alias {} contains the character {}; KMS accepts letters, digits and / _ -{}",
            io::in_quotes(name),
            io::in_quotes(std::string_view(&*invalid, 1)),
            *invalid == '{' || *invalid == '}'
                ? "; the placeholders are {region}, {account} and {key_id}"
                : "");
    }
    if (filled.size() > kAliasCharactersMax) {
        return fmt::format("the alias {} has {} characters; KMS allows at most {}",
                           io::in_quotes(name),
                           filled.size(),
                           kAliasCharactersMax);
    }
    return std::nullopt;
}

void read_alias_name(const Located<std::string>& name,
                     bool has_several_keys,
                     AliasSpec& aliases,
                     DiagnosticList& problems) {
    if (std::optional<std::string> problem = alias_error(name.value)) {
        problems.error(name.where, *problem);
    } else if (has_several_keys && name.value.find("{key_id}") == std::string::npos) {
        problems.error(
            name.where,
            fmt::format("the alias {} would apply to several keys: add {{key_id}} to it, "
                        "or move the key that needs the alias to its own group",
                        io::in_quotes(name.value)));
    } else if (std::find(aliases.templates.begin(), aliases.templates.end(), name.value) !=
               aliases.templates.end()) {
        problems.error(name.where,
                       fmt::format("the alias {} is listed twice", io::in_quotes(name.value)));
    } else {
        aliases.templates.push_back(name.value);
    }
}

}  // namespace

bool is_reserved_alias(std::string_view name) noexcept {
    return name.starts_with(kReservedPrefix);
}

AliasSpec read_aliases(TableReader& group, bool has_several_keys, DiagnosticList& problems) {
    AliasSpec aliases;
    const SpecNode* node = group.find("aliases");
    if (node == nullptr) {
        return aliases;
    }
    if (const auto* word = std::get_if<std::string>(&node->value)) {
        aliases.copied = *word == kCopy;
        if (*word != kCopy) {
            problems.error(node->where,
                           fmt::format("{} is not a list of aliases{}; write aliases = "
                                       "[\"alias/app-{{key_id}}\"] or, to copy those of each "
                                       "primary, aliases = \"copy\"",
                                       io::in_quotes(*word),
                                       did_you_mean(*word, std::array{kCopy})));
        }
        return aliases;
    }
    const std::vector<Located<std::string>> names = group.strings("aliases");
    if (names.size() > kAliasesMax) {
        problems.error(node->where,
                       fmt::format("{} has {} aliases; the KMS default quota is {} per key",
                                   group.name(),
                                   names.size(),
                                   kAliasesMax));
    }
    for (const Located<std::string>& name : names) {
        read_alias_name(name, has_several_keys, aliases, problems);
    }
    std::sort(aliases.templates.begin(), aliases.templates.end());
    return aliases;
}

std::vector<std::string> copyable_aliases(std::vector<std::string> names) {
    std::erase_if(names, [](const std::string& name) { return is_reserved_alias(name); });
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace keyferry::planner
