// SPDX-License-Identifier: Apache-2.0
#include "planner/fleet/key_selector.hpp"

#include "planner/text/glob.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace keyferry::planner {

namespace {

constexpr std::string_view kAliasPrefix = "alias/";

/// Whether `accepted` is empty or contains `value`.
template <typename T>
bool is_accepted(const std::optional<T>& value, const std::vector<T>& accepted) {
    return accepted.empty() ||
           (value && std::find(accepted.begin(), accepted.end(), *value) != accepted.end());
}

/// Whether `states` is empty or contains the state that the key has, or will have again in seconds.
bool is_accepted_state(const std::optional<io::KeyState>& state,
                       const std::vector<io::KeyState>& states) {
    return is_accepted(state, states) ||
           (state == io::KeyState::updating &&
            is_accepted(std::optional(io::KeyState::enabled), states));
}

bool is_customer_managed_multi_region(const io::KeyMetadata& metadata) {
    return metadata.multi_region.value_or(false) && metadata.multi_region_configuration &&
           metadata.key_manager.value_or("CUSTOMER") == "CUSTOMER";
}

void append_list(std::string& text, std::string_view name, std::vector<std::string> items) {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    for (const std::string& item : items) {
        text += fmt::format("{} {}:{}\n", name, item.size(), item);
    }
}

}  // namespace

bool matches_metadata(const KeySelector& selector, const io::KeyMetadata& metadata) {
    if (!is_customer_managed_multi_region(metadata) ||
        !is_accepted(metadata.key_spec, selector.key_specs) ||
        !is_accepted(metadata.key_usage, selector.key_usages) ||
        !is_accepted(metadata.origin, selector.origins) ||
        !is_accepted_state(metadata.key_state, selector.states)) {
        return false;
    }
    const bool dated = selector.created_from_s || selector.created_until_s;
    if (dated && !metadata.creation_date_s) {
        return false;
    }
    return (!selector.created_from_s || *metadata.creation_date_s >= *selector.created_from_s) &&
           (!selector.created_until_s || *metadata.creation_date_s < *selector.created_until_s);
}

bool matches_aliases(const KeySelector& selector, const std::vector<std::string>& names) {
    return selector.aliases.empty() ||
           std::any_of(names.begin(), names.end(), [&](const std::string& name) {
               std::string_view bare = name;
               if (bare.starts_with(kAliasPrefix)) {
                   bare.remove_prefix(kAliasPrefix.size());
               }
               return matches_any_glob(bare, selector.aliases);
           });
}

bool matches_tags(const KeySelector& selector, const std::vector<io::Tag>& tags) {
    return std::all_of(
        selector.tags.begin(), selector.tags.end(), [&](const TagCriterion& criterion) {
            return std::any_of(tags.begin(), tags.end(), [&](const io::Tag& tag) {
                return tag.key == criterion.key && matches_any_glob(tag.value, criterion.values);
            });
        });
}

std::string canonical_text(const KeySelector& selector) {
    std::string text = "keyferry-selector-1\n";
    for (const TagCriterion& criterion : selector.tags) {
        append_list(text, "tag-key", {criterion.key});
        append_list(text, "tag-value", criterion.values);
    }
    append_list(text, "alias", selector.aliases);
    append_list(text, "key-spec", selector.key_specs);
    append_list(text, "key-usage", selector.key_usages);
    append_list(text, "origin", selector.origins);
    std::vector<std::string> states;
    for (const io::KeyState state : selector.states) {
        states.emplace_back(io::name_of(state));
    }
    append_list(text, "state", std::move(states));
    if (selector.created_from_s) {
        text += fmt::format("created-from {}\n", *selector.created_from_s);
    }
    if (selector.created_until_s) {
        text += fmt::format("created-before {}\n", *selector.created_until_s);
    }
    append_list(text, "except", selector.except);
    return text;
}

}  // namespace keyferry::planner
