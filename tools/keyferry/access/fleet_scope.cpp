// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/access/fleet_scope.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/plan/group_name.hpp"
#include "planner/review/key_patterns.hpp"
#include "planner/review/plan_filter.hpp"
#include "planner/text/suggestion.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace keyferry::cli {

namespace {

constexpr std::string_view kArnPrefix = "arn:";

/// Whether a key that is selected in the account and Region may match (planner::matches_key()). For
/// an incomplete ARN, compares the text before the first '*'.
bool may_match(const io::AccountRegion& home, const std::string& pattern) {
    if (!pattern.starts_with(kArnPrefix)) {
        return true;
    }
    if (const io::Parsed<io::KeyArn> arn = io::KeyArn::parse(pattern)) {
        return arn->account == home.account;  // the key's primary may have moved
    }
    const std::string begin = fmt::format("arn:{}:kms:{}:{}:key/",
                                          home.region.partition().name,
                                          home.region.name(),
                                          home.account.digits());
    const std::string_view literal = std::string_view(pattern).substr(0, pattern.find('*'));
    return literal.starts_with(begin) || begin.starts_with(literal);
}

/// The accounts with keys that may match the patterns and groups of `filter`.
std::set<io::AccountId> accounts_of(const planner::FleetSpec& fleet,
                                    const planner::PlanFilter& filter) {
    planner::KeyPatterns patterns(filter.keys);
    for (const planner::FleetGroup& group : fleet.groups) {
        for (const planner::SpecKey& key : group.keys) {
            static_cast<void>(patterns.matches(key.primary));
        }
    }
    // Patterns that selected keys may match: all except the IDs and ARNs of listed keys.
    std::vector<std::string> unlisted;
    std::copy_if(
        filter.keys.begin(), filter.keys.end(), std::back_inserter(unlisted), planner::is_glob);
    for (const std::string* pattern : patterns.unmatched()) {
        unlisted.push_back(*pattern);
    }
    std::set<io::AccountId> accounts;
    for (const planner::FleetGroup& group : fleet.groups) {
        if (!filter.groups.empty() &&
            std::none_of(filter.groups.begin(), filter.groups.end(), [&](const auto& name) {
                return planner::is_group_named(group.name, name);
            })) {
            continue;
        }
        if (group.select && group.home &&
            (filter.keys.empty() ||
             std::any_of(unlisted.begin(), unlisted.end(), [&](const std::string& pattern) {
                 return std::any_of(
                     group.primaries.begin(), group.primaries.end(), [&](const auto& region) {
                         return may_match(io::AccountRegion(group.home->account, region), pattern);
                     });
             }))) {
            accounts.insert(group.home->account);
        }
        for (const planner::SpecKey& key : group.keys) {
            if (filter.keys.empty() || patterns.matches(key.primary)) {
                accounts.insert(key.primary.account);
            }
        }
    }
    return accounts;
}

std::optional<io::ParseProblem> check_groups(const planner::FleetSpec& fleet,
                                             const planner::PlanFilter& filter) {
    std::vector<std::string_view> names;
    for (const planner::FleetGroup& group : fleet.groups) {
        names.push_back(group.name);
    }
    for (const std::string& name : filter.groups) {
        if (std::none_of(names.begin(), names.end(), [&](std::string_view each) {
                return planner::is_group_named(each, name);
            })) {
            return io::ParseProblem{fmt::format("--group {} matches none of the fleet's {}{}",
                                                io::in_quotes(name),
                                                planner::counted(names.size(), "group"),
                                                planner::did_you_mean(name, names))};
        }
    }
    return std::nullopt;
}

}  // namespace

FleetScope scope_of(const planner::Plan& plan) {
    FleetScope scope;
    scope.regions.insert(plan.regions.begin(), plan.regions.end());
    for (const planner::PlannedKey& key : plan.keys) {
        scope.accounts.insert(key.primary.account);
        scope.primaries.insert(key.primary.region);
    }
    scope.regions.insert(scope.primaries.begin(), scope.primaries.end());
    scope.access = plan.settings.accounts;
    return scope;
}

FleetScope scope_of(const planner::FleetSpec& fleet) {
    FleetScope scope;
    for (const planner::FleetGroup& group : fleet.groups) {
        scope.regions.insert(group.regions.begin(), group.regions.end());
        if (group.home) {
            scope.accounts.insert(group.home->account);
            scope.primaries.insert(group.primaries.begin(), group.primaries.end());
        }
        for (const planner::SpecKey& key : group.keys) {
            scope.accounts.insert(key.primary.account);
            scope.primaries.insert(key.primary.region);
        }
    }
    scope.regions.insert(scope.primaries.begin(), scope.primaries.end());
    scope.access = fleet.settings.accounts;
    return scope;
}

std::optional<io::ParseProblem> keep_accounts(planner::FleetSpec& fleet,
                                              const planner::PlanFilter& filter) {
    if (auto problem = check_groups(fleet, filter)) {
        return problem;
    }
    const std::set<io::AccountId> all = accounts_of(fleet, {});
    if (filter.shards > 1 && all.size() < filter.shards) {
        return io::ParseProblem{
            fmt::format("--shard {}/{}: the fleet has {} {}, and an account is never split between "
                        "shards: use at most {}",
                        filter.shard,
                        filter.shards,
                        all.size(),
                        all.size() == 1 ? "account" : "accounts",
                        all.size() == 1 ? "1 shard" : fmt::format("{} shards", all.size()))};
    }
    std::set<io::AccountId> kept = accounts_of(fleet, filter);
    std::uint32_t next = 0;
    for (const io::AccountId& account : all) {
        if (next++ % filter.shards + 1 != filter.shard) {
            kept.erase(account);
        }
    }
    if (kept.empty()) {
        return io::ParseProblem{
            "no account of the fleet matches --key, --group and --shard together"};
    }
    std::erase_if(fleet.groups, [&](planner::FleetGroup& group) {
        const bool had_keys = !group.keys.empty();
        std::erase_if(group.keys, [&](const planner::SpecKey& key) {
            return !kept.contains(key.primary.account);
        });
        if (group.select && group.home && kept.contains(group.home->account)) {
            return false;
        }
        return group.select.has_value() || (had_keys && group.keys.empty());
    });
    return std::nullopt;
}

}  // namespace keyferry::cli
