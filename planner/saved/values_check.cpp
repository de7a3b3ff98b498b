// SPDX-License-Identifier: Apache-2.0
#include "planner/saved/values_check.hpp"

#include "planner/plan/plan_identity.hpp"
#include "planner/policy/policy_check.hpp"
#include "planner/saved/saved_settings.hpp"
#include "planner/spec/fleet_check.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace keyferry::planner {
namespace {

constexpr std::string_view kGroupPolicyFile = "policy of group ";

SpecNode node(SpecNode::Value value) {
    return SpecNode{std::move(value), {}};
}

void put(SpecNode::Table& table, std::string key, SpecNode::Value value) {
    table.push_back(SpecMember{std::move(key), {}, node(std::move(value))});
}

void put_text(SpecNode::Table& table, std::string key, const std::string& text) {
    if (!text.empty()) {
        put(table, std::move(key), text);
    }
}

void put_duration(SpecNode::Table& table, std::string key, std::chrono::milliseconds duration) {
    put(table, std::move(key), fmt::format("{}ms", duration.count()));
}

SpecNode::Array strings(const std::vector<std::string>& texts) {
    SpecNode::Array array;
    for (const std::string& text : texts) {
        array.push_back(node(text));
    }
    return array;
}

SpecNode::Table limits_table(const Limits& limits) {
    SpecNode::Table table;
    put(table, "share", limits.share);
    put(table,
        "in_flight_max_per_endpoint",
        static_cast<std::int64_t>(limits.in_flight_max_per_endpoint));
    put(table, "in_flight_max", static_cast<std::int64_t>(limits.in_flight_max));
    SpecNode::Array quotas;
    for (const QuotaOverride& quota : limits.overrides) {
        SpecNode::Table row;
        put_text(row, "account", quota.account ? quota.account->digits() : "");
        put_text(row, "region", quota.region ? quota.region->name() : "");
        put(row, std::string(io::name_of(quota.api)), quota.quota_per_s);
        quotas.push_back(node(std::move(row)));
    }
    if (!quotas.empty()) {
        put(table, "quota", std::move(quotas));
    }
    return table;
}

SpecNode::Table retry_table(const RetrySettings& retry) {
    SpecNode::Table table;
    put(table, "attempts_max", static_cast<std::int64_t>(retry.attempts_max));
    put_duration(table, "transient_delay_base", retry.transient_delay_base);
    put_duration(table, "throttle_delay_base", retry.throttle_delay_base);
    put_duration(table, "delay_max", retry.delay_max);
    put_duration(table, "malformed_policy_max", retry.malformed_policy_max);
    return table;
}

SpecNode::Table wait_table(const WaitSettings& wait) {
    SpecNode::Table table;
    put(table, "until_ready", wait.until_ready);
    put_duration(table, "ready_timeout", wait.ready_timeout);
    put_duration(table, "doubt_timeout", wait.doubt_timeout);
    put_duration(table, "park_timeout", wait.park_timeout);
    put_duration(table, "poll_delay_min", wait.poll_delay_min);
    put_duration(table, "poll_delay_max", wait.poll_delay_max);
    return table;
}

SpecNode::Table accounts_table(const std::vector<AccountAccess>& accounts) {
    SpecNode::Table table;
    for (const AccountAccess& access : accounts) {
        SpecNode::Table row;
        put_text(row, "profile", access.profile);
        put_text(row, "role", access.role);
        put_text(row, "external_id", access.external_id);
        put_text(row, "session_name", access.session_name);
        if (access.duration) {
            put_duration(row, "duration", *access.duration);
        }
        if (!access.session_policy.empty()) {
            SpecNode::Table policy;
            put(policy, "inline", access.session_policy);
            put(row, "session_policy", std::move(policy));
        }
        put(table, access.account.digits(), std::move(row));
    }
    return table;
}

void put_parameters(const PlannedGroup& group, SpecNode::Table& table) {
    const ReplicaParameters& parameters = group.parameters;
    if (parameters.copied.policy || !parameters.policy) {
        put(table, "policy", std::string(parameters.copied.policy ? "copy" : "default"));
    } else {
        SpecNode::Table policy;
        if (parameters.policy_is_template) {
            put(policy, "template", std::string(kGroupPolicyFile) + group.name);
        } else {
            put(policy, "inline", *parameters.policy);
        }
        put(table, "policy", std::move(policy));
    }
    if (parameters.bypass_policy_lockout_safety_check) {
        put(table,
            "bypass_policy_lockout_safety_check",
            *parameters.bypass_policy_lockout_safety_check);
    }
    if (parameters.copied.description || parameters.description) {
        put(table,
            "description",
            parameters.copied.description ? std::string("copy") : *parameters.description);
    }
    if (parameters.copied.tags) {
        put(table, "tags", std::string("copy"));
    } else {
        SpecNode::Table tags;
        for (const io::Tag& tag : parameters.tags) {
            put(tags, tag.key, tag.value);
        }
        put(table, "tags", std::move(tags));
    }
    if (parameters.aliases.copied) {
        put(table, "aliases", std::string("copy"));
    } else if (parameters.aliases.any()) {
        put(table, "aliases", strings(parameters.aliases.templates));
    }
    if (parameters.enabled == EnabledSpec::copied) {
        put(table, "enabled", std::string("copy"));
    } else {
        put(table, "enabled", parameters.enabled == EnabledSpec::yes);
    }
}

/// The keys and Regions of a group. A few keys of each account and Region are enough, because the
/// others have the same properties.
struct GroupMembers {
    std::vector<std::string> keys;
    std::set<std::string> regions;
    std::map<std::pair<std::string, std::string>, int> keys_of_home;
};

std::vector<GroupMembers> members_of(const Plan& plan) {
    constexpr int kKeysOfHomeMax = 2;
    std::vector<GroupMembers> groups(plan.groups.size());
    for (const PlannedKey& key : plan.keys) {
        GroupMembers& group = groups[key.group];
        int& keys = group.keys_of_home[{key.primary.account.digits(), key.primary.region.name()}];
        if (keys < kKeysOfHomeMax) {
            ++keys;
            group.keys.push_back(key.primary.text());
        }
    }
    for (const Job& job : plan.jobs) {
        groups[plan.keys[job.key].group].regions.insert(plan.regions[job.region].name());
    }
    std::uint64_t number = 0;
    for (const Selection& selection : plan.selections) {
        for (std::size_t g = 0; g < plan.groups.size(); ++g) {
            if (plan.groups[g].name != selection.group) {
                continue;
            }
            for (const io::Region& region : selection.regions) {
                groups[g].regions.insert(region.name());
            }
            if (groups[g].keys.empty()) {  // the selection has found none
                groups[g].keys.push_back(
                    io::KeyArn(selection.home.region,
                               selection.home.account,
                               io::KeyId::parse(fmt::format("mrk-{:f>32x}", number++)).value())
                        .text());
            }
        }
    }
    return groups;
}

/// Converts the plan to a spec.
SpecNode spec_of(const Plan& plan) {
    SpecNode::Table document;
    SpecNode::Table fleet;
    put(fleet, "name", plan.fleet_name);
    if (!plan.allowed_regions.empty()) {
        put(fleet, "allowed_regions", strings(plan.allowed_regions));
    }
    put(document, "fleet", std::move(fleet));
    SpecNode::Table sets;
    SpecNode::Array groups;
    const std::vector<GroupMembers> members = members_of(plan);
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        // In a set, a primary's Region is allowed and skipped.
        const std::string& set = plan.groups[g].name;
        put(sets, set, strings({members[g].regions.begin(), members[g].regions.end()}));
        SpecNode::Table group;
        put(group, "name", plan.groups[g].name);
        put(group, "keys", strings(members[g].keys));
        put(group, "replicate_to", strings({"@" + set}));
        put_parameters(plan.groups[g], group);
        groups.push_back(node(std::move(group)));
    }
    put(document, "region_sets", std::move(sets));
    put(document, "group", std::move(groups));
    put(document, "limits", limits_table(plan.settings.limits));
    put(document, "retry", retry_table(plan.settings.retry));
    put(document, "wait", wait_table(plan.settings.wait));
    SpecNode::Table prices;
    put(prices, "key_usd_per_month", plan.settings.prices.key_usd_per_month);
    put(prices, "requests_usd_per_10000", plan.settings.prices.requests_usd_per_10000);
    put(document, "prices", std::move(prices));
    if (!plan.settings.accounts.empty()) {
        put(document, "accounts", accounts_table(plan.settings.accounts));
    }
    return node(std::move(document));
}

/// Checks the plan as a spec. Values that the spec reader normalizes must already be normalized.
std::optional<std::string> find_invalid_as_spec(const Plan& plan) {
    const FileReader read_policy_of = [&](const std::string& path) -> io::Parsed<FileText> {
        for (const PlannedGroup& group : plan.groups) {
            if (path == std::string(kGroupPolicyFile) + group.name && group.parameters.policy) {
                return FileText{*group.parameters.policy};
            }
        }
        return io::ParseProblem{"no such policy"};
    };
    DiagnosticList problems("plan");
    const FleetSpec fleet =
        check_fleet(spec_of(plan), SpecSource{"plan", "", read_policy_of, problems});
    for (const Diagnostic& problem : problems.sorted()) {
        if (problem.severity == Severity::error) {
            return problem.text;
        }
    }
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        const ReplicaParameters& ours = plan.groups[g].parameters;
        const ReplicaParameters& as_spec = fleet.groups.at(g).parameters;
        const bool has_tag_twice =
            std::adjacent_find(
                ours.tags.begin(), ours.tags.end(), [](const io::Tag& a, const io::Tag& b) {
                    return a.key == b.key;
                }) != ours.tags.end();
        if (has_tag_twice || parameters_sha256(ours) != parameters_sha256(as_spec) ||
            ours.policy_is_template != as_spec.policy_is_template ||
            ours.aliases != as_spec.aliases || ours.enabled != as_spec.enabled) {
            return fmt::format("group \"{}\" has parameters that no spec can produce",
                               plan.groups[g].name);
        }
    }
    if (settings_json(plan.settings) != settings_json(fleet.settings)) {
        return "the plan has settings that no spec can produce";
    }
    return std::nullopt;
}

std::optional<std::string> find_invalid_key(const Plan& plan) {
    std::vector<std::uint32_t> jobs(plan.keys.size());
    std::vector<bool> is_used(plan.regions.size());
    for (const Job& job : plan.jobs) {
        const io::KeyArn& primary = plan.keys[job.key].primary;
        if (plan.regions[job.region] == primary.region) {
            return fmt::format("{} would be replicated to its own Region", primary.text());
        }
        if (&plan.regions[job.region].partition() != &primary.region.partition()) {
            return fmt::format("{} cannot be replicated to {}, which is in another partition",
                               primary.text(),
                               plan.regions[job.region].name());
        }
        ++jobs[job.key];
        is_used[job.region] = true;
    }
    for (std::uint32_t key = 0; key < jobs.size(); ++key) {
        // A primary may have moved to the only Region that is allowed.
        if (jobs[key] == 0 && !plan.moved_from.contains(key)) {
            return "a key has no replicas";
        }
    }
    if (std::find(is_used.begin(), is_used.end(), false) != is_used.end()) {
        return "a Region has no replicas";
    }
    std::set<std::tuple<std::string, std::string>> keys;
    const bool has_several_homes =
        !plan.keys.empty() &&
        plan.keys.front().primary.region != plan.keys.back().primary.region;  // sorted by Region
    for (const PlannedKey& key : plan.keys) {
        if (has_several_homes &&
            !keys.emplace(key.primary.account.digits(), key.primary.key_id.text()).second) {
            return fmt::format("the key {} has two primary Regions", key.primary.key_id.text());
        }
    }
    return std::nullopt;
}

std::optional<std::string> find_invalid_content(const Plan& plan) {
    std::set<const std::string*> checked;
    for (const auto& [key, content] : plan.contents) {
        if (!copied_parts(plan, key).any()) {
            return "a key has copied values, but its group copies none";
        }
        if (content.policy == nullptr || !checked.insert(content.policy.get()).second) {
            continue;
        }
        boost::json::error_code error;
        const boost::json::value policy = boost::json::parse(*content.policy, error);
        if (content.policy->size() > kPolicyBytesMax) {
            return fmt::format("a copied policy is longer than {} bytes", kPolicyBytesMax);
        }
        if (error || !policy.is_object()) {
            return "a copied policy is not a JSON object";
        }
    }
    return std::nullopt;
}

bool has_job(const Plan& plan, std::uint32_t key, const std::string& region) {
    auto job = std::lower_bound(
        plan.jobs.begin(), plan.jobs.end(), key, [](const Job& each, std::uint32_t k) {
            return each.key < k;
        });
    for (; job != plan.jobs.end() && job->key == key; ++job) {
        if (plan.regions[job->region].name() == region) {
            return true;
        }
    }
    return false;
}

/// Whether a replica that should be in this state may have this verdict. Plans of earlier versions
/// of keyferry have no `enabled` step for Disabled replicas.
bool may_have(EnabledSpec spec, const JobVerdict& verdict) {
    const bool has_enabled = (verdict.steps & sync_enabled) != 0;
    switch (verdict.reason) {
        case ActionReason::differs:
            return verdict.steps != 0 && !has_enabled;
        case ActionReason::enabled:
            return spec != EnabledSpec::yes && has_enabled;
        case ActionReason::disabled:
            return spec != EnabledSpec::no && (verdict.steps == 0 || has_enabled);
        default:
            return verdict.steps == 0;
    }
}

/// Checks that the parts of the review do not contradict each other.
std::optional<std::string> find_contradiction(const SavedPlan& saved) {
    const PlanReview& review = saved.review;
    const bool has_findings = review.calls > 0 || !review.extras.empty() ||
                              !review.moved_to.empty() || !review.key_counts.empty();
    if (!review.is_surveyed && has_findings) {
        return "the plan was created offline but contains results from KMS";
    }
    for (JobIndex job = 0; job < saved.plan.jobs.size(); ++job) {
        const JobVerdict& verdict = review.verdicts[job];
        if ((verdict.reason == ActionReason::not_surveyed) == review.is_surveyed ||
            !may_have(enabled_spec(saved.plan, saved.plan.jobs[job].key), verdict) ||
            (review.deletion_dates_s.contains(job) &&
             verdict.reason != ActionReason::pending_deletion)) {
            return fmt::format("the state of {} in {} contradicts other values of the plan",
                               saved.plan.keys[saved.plan.jobs[job].key].primary.text(),
                               saved.plan.regions[saved.plan.jobs[job].region].name());
        }
    }
    for (const ExtraReplica& extra : review.extras) {
        if (has_job(saved.plan, extra.key, extra.region)) {
            return fmt::format(
                "the replica of {} in {} is both in the plan and listed as an extra replica",
                saved.plan.keys[extra.key].primary.text(),
                extra.region);
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> find_invalid_value(const SavedPlan& saved) {
    if (saved.plan.keys.empty() && saved.plan.selections.empty()) {
        return "the plan has no keys";
    }
    std::optional<std::string> problem = find_invalid_key(saved.plan);
    if (!problem && !saved.plan.groups.empty()) {
        problem = find_invalid_as_spec(saved.plan);
    }
    if (!problem) {
        problem = find_invalid_content(saved.plan);
    }
    return problem ? problem : find_contradiction(saved);
}

}  // namespace keyferry::planner
