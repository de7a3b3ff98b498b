// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/selector_table.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/key_id.hpp"
#include "planner/text/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace keyferry::planner {

namespace {

constexpr std::string_view kAliasPrefix = "alias/";

// KMS enum values as of November 2026. KMS adds new ones, so an unknown name causes only a warning.
constexpr std::array<std::string_view, 20> kKeySpecs{"SYMMETRIC_DEFAULT",
                                                     "RSA_2048",
                                                     "RSA_3072",
                                                     "RSA_4096",
                                                     "ECC_NIST_P256",
                                                     "ECC_NIST_P384",
                                                     "ECC_NIST_P521",
                                                     "ECC_SECG_P256K1",
                                                     "ECC_NIST_EDWARDS25519",
                                                     "HMAC_224",
                                                     "HMAC_256",
                                                     "HMAC_384",
                                                     "HMAC_512",
                                                     "SM2",
                                                     "ML_DSA_44",
                                                     "ML_DSA_65",
                                                     "ML_DSA_87",
                                                     "ML_KEM_512",
                                                     "ML_KEM_768",
                                                     "ML_KEM_1024"};
constexpr std::array<std::string_view, 5> kKeyUsages{"ENCRYPT_DECRYPT",
                                                     "SIGN_VERIFY",
                                                     "GENERATE_VERIFY_MAC",
                                                     "KEY_AGREEMENT",
                                                     "ENCAPSULATE_DECAPSULATE"};
// Keys of custom key stores are never multi-Region keys.
constexpr std::array<std::string_view, 2> kOrigins{"AWS_KMS", "EXTERNAL"};
constexpr std::array<std::string_view, 8> kStates{"Enabled",
                                                  "Disabled",
                                                  "Creating",
                                                  "Updating",
                                                  "PendingImport",
                                                  "PendingDeletion",
                                                  "PendingReplicaDeletion",
                                                  "Unavailable"};

/// Reads the criteria of one selector.
class SelectorReader {
  public:
    SelectorReader(const SpecNode& node, std::string name, DiagnosticList& problems)
        : node_(node), table_(node, std::move(name), problems), problems_(problems) {
        selector_.where = node.where;
    }

    KeySelector read() {
        read_tags();
        selector_.aliases = items("alias");
        for (std::string& alias : selector_.aliases) {
            if (alias.starts_with(kAliasPrefix)) {
                alias.erase(0, kAliasPrefix.size());
            }
        }
        selector_.key_specs = names("key_spec", kKeySpecs);
        selector_.key_usages = names("key_usage", kKeyUsages);
        selector_.origins = names("origin", kOrigins);
        read_states();
        read_dates();
        read_except();
        const auto& members = std::get<SpecNode::Table>(node_.value);
        if (std::all_of(members.begin(), members.end(), [](const SpecMember& member) {
                return member.key == "except";
            })) {
            problems_.error(table_.where(),
                            "select has no criteria: add tags, alias, key_spec, key_usage, "
                            "origin, state, created_from or created_before; to select every "
                            "multi-Region key in the account and Region, write select = \"all\"");
        }
        table_.finish();
        return std::move(selector_);
    }

  private:
    /// Returns the values of one criterion, at most kSelectorItemsMax.
    std::vector<Located<std::string>> written(std::string_view key) {
        std::vector<Located<std::string>> texts = table_.string_or_strings(key);
        const SpecNode* node = table_.find(key);
        if (texts.size() > kSelectorItemsMax) {
            problems_.error(node->where,
                            fmt::format("{} in {} has {} entries; the maximum is {}",
                                        key,
                                        table_.name(),
                                        texts.size(),
                                        kSelectorItemsMax));
            texts.clear();
        } else if (const auto* array =
                       node == nullptr ? nullptr : std::get_if<SpecNode::Array>(&node->value);
                   array != nullptr && array->empty()) {
            problems_.error(
                node->where,
                fmt::format("{} in {} is empty and would match no keys; remove it or add a value",
                            key,
                            table_.name()));
        }
        return texts;
    }

    std::vector<std::string> items(std::string_view key) {
        std::vector<std::string> items;
        for (Located<std::string>& text : written(key)) {
            if (text.value.empty()) {
                problems_.error(text.where, fmt::format("an empty {} matches no keys", key));
            }
            items.push_back(std::move(text.value));
        }
        return items;
    }

    std::vector<std::string> names(std::string_view key, std::span<const std::string_view> known) {
        std::vector<std::string> names;
        for (Located<std::string>& text : written(key)) {
            if (std::find(known.begin(), known.end(), text.value) == known.end()) {
                problems_.warning(text.where,
                                  fmt::format("this version of keyferry does not recognize {} {}{}",
                                              key,
                                              io::in_quotes(text.value),
                                              did_you_mean(text.value, known)));
            }
            names.push_back(std::move(text.value));
        }
        return names;
    }

    void read_states() {
        for (const Located<std::string>& text : written("state")) {
            const io::KeyState state = io::key_state_named(text.value);
            if (state == io::KeyState::other) {
                problems_.error(text.where,
                                fmt::format("{} is not a key state{}; the states are {}",
                                            io::in_quotes(text.value),
                                            did_you_mean(text.value, kStates),
                                            fmt::join(kStates, ", ")));
            } else {
                selector_.states.push_back(state);
            }
        }
    }

    void read_dates() {
        const auto from = table_.moment_s("created_from");
        const auto until = table_.moment_s("created_before");
        if (from) {
            selector_.created_from_s = from->value;
        }
        if (until) {
            selector_.created_until_s = until->value;
        }
        if (from && until && from->value >= until->value) {
            problems_.error(until->where, "created_before must be later than created_from");
        }
    }

    void read_tags() {
        const SpecNode* node = table_.table("tags");
        if (node == nullptr) {
            return;
        }
        TableReader tags(*node, "tags in " + table_.name(), problems_);
        const auto& members = std::get<SpecNode::Table>(node->value);
        if (members.empty()) {
            problems_.error(node->where,
                            fmt::format("tags in {} is empty; remove it or add a tag: "
                                        "tags = {{ team = \"cards\" }}",
                                        table_.name()));
        }
        for (const SpecMember& member : members) {
            TagCriterion criterion;
            criterion.key = member.key;
            for (Located<std::string>& value : tags.string_or_strings(member.key)) {
                criterion.values.push_back(std::move(value.value));
            }
            if (criterion.values.empty() &&
                std::holds_alternative<SpecNode::Array>(member.node.value)) {
                problems_.error(
                    member.node.where,
                    fmt::format("the tag {} has no value to match; use \"*\" to match any",
                                io::in_quotes(member.key)));
            }
            selector_.tags.push_back(std::move(criterion));
        }
        std::sort(selector_.tags.begin(),
                  selector_.tags.end(),
                  [](const TagCriterion& a, const TagCriterion& b) { return a.key < b.key; });
    }

    void read_except() {
        // Always an array, even for one key, because `except` is a list of exceptions.
        const std::vector<Located<std::string>> ids = table_.strings("except");
        if (ids.size() > kSelectorItemsMax) {
            problems_.error(ids[kSelectorItemsMax].where,
                            fmt::format("except can list at most {} keys", kSelectorItemsMax));
            return;
        }
        for (const Located<std::string>& text : ids) {
            const io::Parsed<io::KeyId> id = io::KeyId::parse(text.value);
            if (id) {
                selector_.except.push_back(id->text());
            } else {
                problems_.error(text.where, id.error().text);
            }
        }
        std::sort(selector_.except.begin(), selector_.except.end());
    }

    const SpecNode& node_;
    TableReader table_;
    DiagnosticList& problems_;
    KeySelector selector_;
};

}  // namespace

std::optional<KeySelector> read_selector(TableReader& group,
                                         bool home_is_known,
                                         DiagnosticList& problems) {
    const SpecNode* node = group.find("select");
    if (node == nullptr) {
        return std::nullopt;
    }
    if (!home_is_known) {
        problems.error(
            node->where,
            fmt::format("{} selects its keys and therefore needs an account and a Region: "
                        "add account = \"...\" and primary = \"<Region>\" to it or to "
                        "[fleet]",
                        group.name()));
    }
    if (const auto* word = std::get_if<std::string>(&node->value); word && *word == "all") {
        KeySelector everything;
        everything.where = node->where;
        return everything;
    }
    if (!std::holds_alternative<SpecNode::Table>(node->value)) {
        problems.error(node->where,
                       fmt::format("select in {} must be a table of criteria, such as {{ tags = {{ "
                                   "team = \"cards\" }} }}, or \"all\"",
                                   group.name()));
        return std::nullopt;
    }
    const std::size_t errors_before = problems.error_count();
    KeySelector selector = SelectorReader(*node, "select of " + group.name(), problems).read();
    return problems.error_count() == errors_before ? std::optional(std::move(selector))
                                                   : std::nullopt;
}

}  // namespace keyferry::planner
