// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/fleet_check.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/fleet/fleet_keys_check.hpp"
#include "planner/plan/group_name.hpp"
#include "planner/spec/accounts_table.hpp"
#include "planner/spec/alias_list.hpp"
#include "planner/spec/enabled_setting.hpp"
#include "planner/spec/group_policy.hpp"
#include "planner/spec/key_list.hpp"
#include "planner/spec/primary_regions.hpp"
#include "planner/spec/region_list.hpp"
#include "planner/spec/residency_check.hpp"
#include "planner/spec/run_settings_check.hpp"
#include "planner/spec/selector_table.hpp"
#include "planner/spec/tag_list.hpp"
#include "planner/toml/table_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace keyferry::planner {

namespace {

constexpr std::size_t kNameBytesMax = 128;

/// Reads the name of a fleet or group, which must be short enough for one line of a report.
std::optional<std::string> read_display_name(TableReader& table, DiagnosticList& problems) {
    table.require("name", "write name = \"...\"");
    const std::optional<Located<std::string>> name = table.string("name");
    if (!name) {
        return std::nullopt;
    }
    if (name->value.empty() || name->value.size() > kNameBytesMax ||
        io::has_control_characters(name->value)) {
        problems.error(name->where,
                       fmt::format("{} is not a valid name: expected 1 to {} bytes on one line",
                                   io::in_quotes(name->value),
                                   kNameBytesMax));
        return std::nullopt;
    }
    return name->value;
}

OptionalSetting<io::AccountId> read_account(TableReader& table, DiagnosticList& problems) {
    OptionalSetting<io::AccountId> account;
    account.written = table.find("account") != nullptr;
    if (const auto text = table.string("account")) {
        io::Parsed<io::AccountId> parsed = io::AccountId::parse(text->value);
        if (parsed) {
            account.value = *std::move(parsed);
        } else {
            problems.error(text->where, parsed.error().text);
        }
    }
    return account;
}

/// The values that groups inherit from [fleet] and [region_sets].
struct FleetDefaults {
    KeyHome home;
    RegionSets sets;
    std::vector<std::string> allowed_regions;
};

/// Returns the primary Regions of a group: the configured one and those of its ARNs.
std::set<io::Region> primaries_of(const KeyHome& home, const std::vector<SpecKey>& keys) {
    std::set<io::Region> primaries;
    if (home.primaries.value) {
        primaries.insert(home.primaries.value->begin(), home.primaries.value->end());
    }
    const io::Region* last = nullptr;
    for (const SpecKey& key : keys) {
        if (last == nullptr || *last != key.primary.region) {
            last = &key.primary.region;
            primaries.insert(*last);
        }
    }
    return primaries;
}

/// The accounts of a group with `accounts = [...]`; empty if it has none. Reports invalid and
/// repeated ones.
std::vector<Located<io::AccountId>> read_accounts_of_group(TableReader& table,
                                                           DiagnosticList& problems) {
    std::vector<Located<io::AccountId>> accounts;
    const SpecNode* node = table.find("accounts");
    if (node == nullptr) {
        return accounts;
    }
    if (const SpecNode* account = table.find("account")) {
        problems.error(account->where,
                       fmt::format("{} has both account and accounts: remove one", table.name()));
    }
    const std::size_t errors_before = problems.error_count();
    const std::vector<Located<std::string>> texts = table.strings("accounts");
    for (const Located<std::string>& text : texts) {
        io::Parsed<io::AccountId> account = io::AccountId::parse(text.value);
        if (!account) {
            problems.error(text.where, account.error().text);
        } else if (std::any_of(accounts.begin(), accounts.end(), [&](const auto& each) {
                       return each.value == *account;
                   })) {
            problems.error(text.where, fmt::format("account {} is listed twice", text.value));
        } else {
            accounts.push_back({*std::move(account), text.where});
        }
    }
    if (texts.empty() && problems.error_count() == errors_before) {
        problems.error(node->where, fmt::format("accounts in {} is empty", table.name()));
    }
    return accounts;
}

/// Returns one copy of the group per account, with the keys that it lists in that account.
/// `are_keys_valid` is whether all keys in its list could be read.
std::vector<FleetGroup> group_of_each(const FleetGroup& group,
                                      const std::vector<Located<io::AccountId>>& accounts,
                                      bool are_keys_valid,
                                      DiagnosticList& problems) {
    std::map<io::AccountId, std::vector<SpecKey>> keys;
    for (const SpecKey& key : group.keys) {
        keys[key.primary.account].push_back(key);
    }
    std::vector<FleetGroup> groups;
    for (const Located<io::AccountId>& account : accounts) {
        FleetGroup copy = group;
        copy.name = name_of_group_in(group.name, account.value);
        copy.keys = std::move(keys[account.value]);
        keys.erase(account.value);
        if (!group.primaries.empty()) {
            copy.home.emplace(account.value, group.primaries.front());
        }
        if (copy.keys.empty() && !copy.select && are_keys_valid) {
            problems.error(account.where,
                           fmt::format("group {} lists no keys of account {}; add the ARN of a key "
                                       "in that account, or remove the account",
                                       io::in_quotes(group.name),
                                       account.value.digits()));
        }
        groups.push_back(std::move(copy));
    }
    for (const auto& [account, others] : keys) {
        problems.error(others.front().where,
                       fmt::format("the ARN is in account {}, which is not one of the accounts of "
                                   "group {}",
                                   account.digits(),
                                   io::in_quotes(group.name)));
    }
    return groups;
}

/// Reads a group. A group with `accounts` is returned once per account.
std::vector<FleetGroup> read_group(const SpecNode& node,
                                   FleetDefaults& defaults,
                                   const SpecSource& source) {
    DiagnosticList& problems = source.problems;
    FleetGroup group;
    group.where = node.where;
    const SpecNode::Table& members = std::get<SpecNode::Table>(node.value);
    const auto name_member = std::find_if(
        members.begin(), members.end(), [](const SpecMember& m) { return m.key == "name"; });
    const std::string* raw_name =
        name_member == members.end() ? nullptr : std::get_if<std::string>(&name_member->node.value);
    TableReader table(
        node,
        raw_name == nullptr ? "[[group]]" : fmt::format("group {}", io::in_quotes(*raw_name)),
        problems);
    group.name = read_display_name(table, problems).value_or("");

    KeyHome home{read_account(table, problems), read_primaries(table, problems), {}, false};
    if (!home.primaries.written) {
        home.primaries = defaults.home.primaries;
    }
    group.primaries = home.primaries.value.value_or(std::vector<io::Region>());
    // One of several primary Regions has the primary, and the others have replicas.
    const bool requires_regions = group.primaries.size() < 2;
    const std::vector<ReplicaRegion> replicas =
        read_replica_regions(table, defaults.sets, requires_regions, problems);
    std::size_t longest_region_bytes = 0;
    for (const ReplicaRegion& replica : replicas) {
        longest_region_bytes = std::max(longest_region_bytes, replica.region.name().size());
        group.regions.push_back(replica.region);
    }
    home.replicas = group.regions;
    const std::vector<Located<io::AccountId>> accounts = read_accounts_of_group(table, problems);
    if (table.find("accounts") != nullptr) {
        home.has_accounts = true;
        home.account = {true, std::nullopt};
    } else if (!home.account.written) {
        home.account = defaults.home.account;
    }
    const std::size_t errors_before_keys = problems.error_count();
    group.keys = read_keys(table, home, source);
    const bool are_keys_valid = problems.error_count() == errors_before_keys;
    group.select = read_selector(table, home.account.written && home.primaries.written, problems);
    if (home.account.value && home.primaries.value) {
        group.home.emplace(*home.account.value, group.primaries.front());
    }
    const std::set<io::Region> primaries = primaries_of(home, group.keys);
    check_residency(replicas, primaries, defaults.allowed_regions, problems);
    check_primaries_residency(group.primaries, defaults.allowed_regions, table, problems);
    for (const io::Region& primary : primaries) {
        check_against_primary(replicas, primary, !requires_regions, table, problems);
        if (!home.primaries.value && !io::is_known_region(primary)) {
            problems.warning(table.where(),
                             fmt::format("{} has ARNs in Region {}, which this version of keyferry "
                                         "does not recognize",
                                         table.name(),
                                         primary.name()));
        }
    }
    read_policy(table, longest_region_bytes, source, group.parameters);
    read_description(table, problems, group.parameters);
    read_tags(table, problems, group.parameters);
    const bool has_several_keys =
        group.select.has_value() || group.keys.size() > std::max<std::size_t>(1, accounts.size());
    group.parameters.aliases = read_aliases(table, has_several_keys, problems);
    group.parameters.enabled = read_enabled(table, problems);
    table.finish();
    return home.has_accounts ? group_of_each(group, accounts, are_keys_valid, problems)
                             : std::vector<FleetGroup>{std::move(group)};
}

void read_fleet_table(TableReader& document,
                      FleetSpec& fleet,
                      FleetDefaults& defaults,
                      DiagnosticList& problems) {
    const SpecNode* node = document.table("fleet");
    if (node == nullptr) {
        if (document.find("fleet") == nullptr) {
            problems.error(document.where(),
                           "the spec has no [fleet] table: write [fleet] and "
                           "name = \"...\"");
        }
        return;
    }
    TableReader table(*node, "[fleet]", problems);
    fleet.name = read_display_name(table, problems).value_or("");
    defaults.home.account = read_account(table, problems);
    defaults.home.primaries = read_primaries(table, problems);
    defaults.allowed_regions = read_allowed_regions(table, problems);
    fleet.allowed_regions = defaults.allowed_regions;
    table.finish();
}

void read_settings(TableReader& document, RunSettings& settings, DiagnosticList& problems) {
    if (const SpecNode* limits = document.table("limits")) {
        read_limits(*limits, settings.limits, problems);
    }
    if (const SpecNode* retry = document.table("retry")) {
        read_retry(*retry, settings.retry, problems);
    }
    if (const SpecNode* wait = document.table("wait")) {
        read_wait(*wait, settings.wait, problems);
    }
    if (const SpecNode* prices = document.table("prices")) {
        read_prices(*prices, settings.prices, problems);
    }
}

void read_groups(TableReader& document,
                 FleetSpec& fleet,
                 FleetDefaults& defaults,
                 const SpecSource& source) {
    const std::vector<const SpecNode*> groups = document.tables("group");
    if (groups.empty() && document.find("group") == nullptr) {
        source.problems.error(document.where(),
                              "the spec has no [[group]] of keys, so there is nothing to do");
    }
    if (groups.size() > kFleetGroupsMax) {
        source.problems.error(groups[kFleetGroupsMax]->where,
                              fmt::format("a fleet can have at most {} groups", kFleetGroupsMax));
        return;
    }
    std::map<std::string, SourcePosition> names;
    std::size_t keys = 0;
    for (const SpecNode* node : groups) {
        if (keys > kFleetKeysMax) {
            // check_fleet_keys reports this error. Stopping here limits the memory that groups
            // sharing a keys_file can use.
            break;
        }
        for (FleetGroup& group : read_group(*node, defaults, source)) {
            keys += group.keys.size();
            const auto [first, is_new] = names.emplace(group.name, group.where);
            if (!is_new && !group.name.empty()) {
                source.problems.error(group.where,
                                      fmt::format("the group at {} is also named {}; group names "
                                                  "must be unique",
                                                  source.problems.text_of(first->second),
                                                  io::in_quotes(group.name)));
            }
            fleet.groups.push_back(std::move(group));
        }
        if (fleet.groups.size() > kFleetGroupsMax) {
            source.problems.error(node->where,
                                  fmt::format("a fleet can have at most {} groups; a group with "
                                              "several accounts counts once per account",
                                              kFleetGroupsMax));
            return;
        }
    }
}

}  // namespace

FleetSpec check_fleet(const SpecNode& document, const SpecSource& source) {
    FleetSpec fleet;
    FleetDefaults defaults;
    TableReader tables(document, "the spec", source.problems);
    read_fleet_table(tables, fleet, defaults, source.problems);
    if (const SpecNode* sets = tables.table("region_sets")) {
        defaults.sets = read_region_sets(*sets, source.problems);
    }
    read_groups(tables, fleet, defaults, source);
    read_settings(tables, fleet.settings, source.problems);
    if (const SpecNode* accounts = tables.table("accounts")) {
        fleet.settings.accounts = read_accounts(*accounts, fleet, source);
        check_accounts_used(*accounts, fleet, source.problems);
    }
    tables.finish();
    for (const auto& [name, set] : defaults.sets) {
        if (!set.used) {
            source.problems.warning(
                set.where, fmt::format("no group uses the Region set {}", io::in_quotes(name)));
        }
    }
    check_fleet_keys(fleet, source.problems);
    return fleet;
}

}  // namespace keyferry::planner
