// SPDX-License-Identifier: Apache-2.0
#include "planner/report/plan_facts.hpp"
#include "planner/report/plan_report.hpp"
#include "planner/summary/blocked_keys.hpp"
#include "planner/summary/permissions.hpp"
#include "planner/summary/plan_summary.hpp"
#include "planner/summary/policy_digests.hpp"
#include "planner/summary/undo_advice.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {

namespace {

/// Returns `text` as a JSON string. Numbers are formatted with fmt, because Boost.JSON 1.81
/// writes 5.0 as 5E0.
std::string json(std::string_view text) {
    return boost::json::serialize(boost::json::string(text));
}

/// Writes `,"name": [...]` with item(i) for each of `count` elements, one per line.
template <typename Item>
void write_array(std::string_view name, std::size_t count, const ReportSink& sink, Item item) {
    constexpr std::size_t kBatchBytes = 64 * 1024;
    std::string batch = fmt::format(",\n  {}: [", json(name));
    for (std::size_t i = 0; i < count; ++i) {
        batch.append(i == 0 ? "\n    " : ",\n    ");
        batch.append(item(i));
        if (batch.size() >= kBatchBytes) {
            sink(batch);
            batch.clear();
        }
    }
    batch.append(count == 0 ? "]" : "\n  ]");
    sink(batch);
}

/// Returns an object with the number of replicas by action.
std::string actions_json(const ActionCounts& actions) {
    std::string members;
    for (std::size_t a = 0; a < kJobActions; ++a) {
        members += fmt::format(R"({}{}: {})",
                               a == 0 ? "" : ", ",
                               json(name_of(static_cast<JobAction>(a))),
                               actions.replicas.at(a));
    }
    return "{" + members + "}";
}

/// `["policy", "tags"]`: the parts that replicas copy from their primaries.
std::string copied_json(const ReplicaParameters& parameters) {
    std::string names;
    const auto add = [&](bool is_copied, std::string_view name) {
        if (is_copied) {
            names += (names.empty() ? "" : ", ") + json(name);
        }
    };
    add(parameters.copied.policy, "policy");
    add(parameters.copied.description, "description");
    add(parameters.copied.tags, "tags");
    add(parameters.aliases.copied, "aliases");
    return "[" + names + "]";
}

std::string group_json(const PlannedGroup& group, const GroupSummary& summary) {
    const ReplicaParameters& parameters = group.parameters;
    const std::optional<bool>& bypass = parameters.bypass_policy_lockout_safety_check;
    return fmt::format(
        R"({{"name": {}, "keys": {}, "replicas": {}, "actions": {}, "policy": {}, )"
        R"("policy_bytes": {}, "description": {}, "tags": {}, "copied": {}, "aliases": {}, )"
        R"("enabled": {}, "bypass_policy_lockout_safety_check": {}}})",
        json(group.name),
        summary.keys,
        summary.actions.total(),
        actions_json(summary.actions),
        json(policy_kind(parameters)),
        parameters.policy ? parameters.policy->size() : 0,
        parameters.description.has_value(),
        parameters.tags.size(),
        copied_json(parameters),
        parameters.aliases.templates.size(),
        parameters.enabled == EnabledSpec::copied ? json("copy")
        : parameters.enabled == EnabledSpec::yes  ? "true"
                                                  : "false",
        bypass.value_or(false));
}

std::string policy_json(const Plan& plan, const PolicyDigest& text) {
    return fmt::format(R"({{"group": {}, "sha256": "{}", "bytes": {}, "keys": {}}})",
                       json(plan.groups[text.group].name),
                       text.sha256,
                       text.bytes,
                       text.keys);
}

/// Returns the members that name a quota.
std::string quota_json(const io::AccountRegion& place, io::KmsApi api) {
    return fmt::format(R"("account": {}, "region": {}, "api": {})",
                       json(place.account.digits()),
                       json(place.region.name()),
                       json(name_of(api)));
}

std::string bucket_json(const BucketLoad& bucket) {
    return fmt::format(
        R"({{{}, "requests": {:.0f}, "quota_per_s": {}, "rate_per_s": {:.6g}, "seconds": {:.3f}}})",
        quota_json(bucket.place, bucket.api),
        bucket.requests,
        bucket.quota_per_s,
        bucket.rate_per_s,
        bucket.seconds);
}

std::string region_json(const RegionSummary& region, const RegionForecast* forecast) {
    return fmt::format(
        R"({{"region": {}, "replicas": {}, "actions": {}, "extras": {}, "opt_in": {}, )"
        R"("starts_s": {}, "ends_s": {}}})",
        json(region.region.name()),
        region.actions.total(),
        actions_json(region.actions),
        region.extras,
        io::is_opt_in_region(region.region),
        forecast != nullptr ? fmt::format("{:.3f}", forecast->starts_s) : "null",
        forecast != nullptr ? fmt::format("{:.3f}", forecast->ends_s) : "null");
}

std::string saving_json(const QuotaSaving& saving) {
    std::string quotas;
    for (const RaisedQuota& quota : saving.quotas) {
        quotas += fmt::format(R"({}{{{}, "quota_per_s": {}}})",
                              quotas.empty() ? "" : ", ",
                              quota_json(quota.place, quota.api),
                              quota.quota_per_s);
    }
    return fmt::format(R"({{"quotas": [{}], "seconds": {:.3f}, "is_forecast": {}}})",
                       quotas,
                       saving.seconds,
                       saving.is_forecast);
}

std::string forecast_json(const PlanForecast& forecast) {
    std::string savings;
    for (const QuotaSaving& saving : forecast.savings) {
        savings += (savings.empty() ? "\n      " : ",\n      ") + saving_json(saving);
    }
    const std::optional<BucketLoad>& slowest = forecast.slowest;
    return fmt::format(
        ",\n  \"seconds_min\": {:.3f}"
        ",\n  \"forecast\": {{\"seconds\": {:.3f}, \"creation_wait_seconds\": {:.3f}, "
        "\"is_bound\": {},\n"
        "    \"limit\": {}, \"replicas_of_key_max\": {}, \"key_seconds_min\": {:.3f},\n"
        "    \"round_trip_seconds\": {:.3f}, \"creating_seconds\": {:.3f}, \"savings\": [{}]}}",
        forecast.seconds_min,
        forecast.seconds,
        forecast.creation_wait_seconds,
        forecast.is_bound,
        slowest ? "{" + quota_json(slowest->place, slowest->api) + "}" : "null",
        forecast.replicas_of_key_max,
        forecast.key_seconds_min,
        forecast.round_trip_seconds,
        forecast.creating_seconds,
        savings);
}

std::string cost_json(const PlanCost& cost, const Prices& prices) {
    return fmt::format(
        ",\n  \"cost\": {{\"key_usd_per_month\": {}, \"keys_before\": {}, \"keys_added\": {}, "
        "\"usd_per_month_before\": {:.2f},\n    \"usd_per_month_added\": {:.2f}, "
        "\"usd_per_month_after\": {:.2f}, \"usd_per_year_added\": {:.2f}, \"run_usd_max\": "
        "{:.4f}, \"survey_usd\": {:.4f}}}",
        prices.key_usd_per_month,
        cost.keys_before,
        cost.keys_added,
        cost.usd_per_month_before,
        cost.usd_per_month_added,
        cost.usd_per_month_after(),
        cost.usd_per_year_added(),
        cost.run_usd_max,
        cost.survey_usd);
}

std::string key_quota_json(const KeyQuotaUsage& usage) {
    return fmt::format(
        R"({{"account": {}, "region": {}, "known": {}, "counted": {}, "to_create": {}, )"
        R"("quota": {}}})",
        json(usage.place.account.digits()),
        json(usage.place.region.name()),
        usage.known,
        usage.counted ? std::to_string(*usage.counted) : "null",
        usage.to_create,
        kDefaultKeyQuota);
}

std::string finding_json(const Finding& finding) {
    std::string examples;
    for (const std::string& example : finding.examples) {
        examples += (examples.empty() ? "" : ", ") + json(example);
    }
    return fmt::format(
        R"({{"severity": "{}", "code": {}, "affected": {}, "text": {}, "advice": {}, )"
        R"("examples": [{}]}})",
        name_of(finding.severity),
        json(finding.code),
        finding.affected,
        json(finding.text),
        json(finding.advice),
        examples);
}

/// Inserts the policies unchanged, because they are already JSON.
std::string permissions_json(const AccountPermissions& permissions) {
    std::string policies;
    for (const std::string& policy : permissions.policies) {
        policies.append(policies.empty() ? "" : ", ").append(policy, 0, policy.size() - 1);
    }
    std::string checklist;
    for (const std::string& line : permissions.scp_checklist) {
        checklist += (checklist.empty() ? "" : ", ") + json(line);
    }
    return fmt::format(R"({{"account": {}, "policies": [{}], "scp_checklist": [{}]}})",
                       json(permissions.account.digits()),
                       policies,
                       checklist);
}

/// `"policy", "tags"`: the parts of a replica that differ from the spec.
std::string steps_json(std::uint8_t steps) {
    std::string names;
    for (const SyncStep step : kSyncSteps) {
        if ((steps & step) != 0) {
            names += (names.empty() ? "" : ", ") + json(name_of(step));
        }
    }
    return names;
}

std::string job_json(const ReviewedPlan& reviewed, JobIndex index) {
    const PlanReview& review = reviewed.review;
    const Job& job = reviewed.plan.jobs[index];
    const JobVerdict& verdict = review.verdicts[index];
    std::string object =
        fmt::format(R"({{"primary": "{}", "replica": "{}", "action": "{}", "reason": "{}")",
                    reviewed.plan.keys[job.key].primary.text(),
                    replica_arn(reviewed.plan, job).text(),
                    name_of(verdict.action),
                    name_of(verdict.reason));
    if (verdict.steps != 0) {
        object += fmt::format(R"(, "differs": [{}])", steps_json(verdict.steps));
    }
    const auto date = review.deletion_dates_s.find(index);
    if (date != review.deletion_dates_s.end()) {
        object += fmt::format(R"(, "deletion_date_s": {:.0f})", date->second);
    }
    const auto moved = review.moved_to.find(job.key);
    if (moved != review.moved_to.end()) {
        object += fmt::format(R"(, "moved_to": {})", json(moved->second));
    }
    return object + "}";
}

void write_lists(const ReviewedPlan& reviewed, const ReportSink& sink) {
    write_array("jobs", reviewed.plan.jobs.size(), sink, [&](std::size_t i) {
        return job_json(reviewed, static_cast<JobIndex>(i));
    });
    write_array("extras", reviewed.review.extras.size(), sink, [&](std::size_t i) {
        const ExtraReplica& extra = reviewed.review.extras[i];
        return fmt::format(R"({{"primary": "{}", "region": {}}})",
                           reviewed.plan.keys[extra.key].primary.text(),
                           json(extra.region));
    });
}

std::string blocked_json(const Plan& plan, const BlockedKey& blocked) {
    std::string regions;
    for (const std::uint32_t region : blocked.regions) {
        regions += (regions.empty() ? "" : ", ") + json(plan.regions[region].name());
    }
    return fmt::format(R"({{"primary": "{}", "action": "{}", "reason": "{}", "regions": [{}]}})",
                       plan.keys[blocked.key].primary.text(),
                       name_of(action_of(blocked.reason)),
                       name_of(blocked.reason),
                       regions);
}

void write_blocked(const ReviewedPlan& reviewed, const ReportSink& sink) {
    constexpr std::size_t kBlockedMax = 10'000;  // --list-jobs lists all, without a limit
    const BlockedKeys blocked = blocked_keys(reviewed, kBlockedMax);
    write_array("blocked", blocked.first.size(), sink, [&](std::size_t i) {
        return blocked_json(reviewed.plan, blocked.first[i]);
    });
    sink(fmt::format(",\n  \"blocked_omitted\": {}", blocked.omitted));
}

void write_head(const ReviewedPlan& reviewed,
                const PlanProvenance& provenance,
                const PlanSummary& summary,
                const ReportSink& sink) {
    const Plan& plan = reviewed.plan;
    sink(fmt::format(
        "{{\n  \"format\": \"keyferry-plan-report-2\",\n  \"fleet\": {},\n"
        "  \"sha256\": {},\n  \"provenance\": {},\n  \"keys\": {},\n  \"replicas\": {},\n"
        "  \"surveyed\": {},\n  \"survey_calls\": {},\n  \"actions\": {},\n"
        "  \"extra_replicas\": {}",
        json(plan.fleet_name),
        json(plan.sha256),
        boost::json::serialize(provenance_object(provenance)),
        plan.keys.size(),
        plan.jobs.size(),
        reviewed.review.is_surveyed,
        reviewed.review.calls,
        actions_json(summary.actions),
        reviewed.review.extras.size()));
    write_array("findings", summary.findings.size(), sink, [&](std::size_t i) {
        return finding_json(summary.findings[i]);
    });
    write_array("reasons", summary.reasons.size(), sink, [&](std::size_t i) {
        const ReasonSummary& reason = summary.reasons[i];
        return fmt::format(R"({{"action": "{}", "reason": "{}", "replicas": {}}})",
                           name_of(action_of(reason.reason)),
                           name_of(reason.reason),
                           reason.replicas);
    });
}

}  // namespace

void write_plan_json(const ReviewedPlan& reviewed,
                     const PlanProvenance& provenance,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink) {
    const Plan& plan = reviewed.plan;
    const PlanSummary summary = summarize(reviewed);
    const std::vector<io::AccountId> accounts(summary.accounts.begin(), summary.accounts.end());
    const std::vector<PolicyDigest> policies = policy_digests(plan);
    const std::vector<std::string> undo = undo_advice(summary.actions);
    write_head(reviewed, provenance, summary, sink);
    write_blocked(reviewed, sink);
    write_array("accounts", accounts.size(), sink, [&](std::size_t i) {
        return json(accounts[i].digits());
    });
    const auto has_times = [&](std::size_t i) {
        return !forecast.regions.empty() && summary.regions[i].actions.of(JobAction::create) > 0;
    };
    write_array("regions", summary.regions.size(), sink, [&](std::size_t i) {
        return region_json(summary.regions[i], has_times(i) ? &forecast.regions[i] : nullptr);
    });
    write_array("allowed_regions", plan.allowed_regions.size(), sink, [&](std::size_t i) {
        return json(plan.allowed_regions[i]);
    });
    write_array("groups", plan.groups.size(), sink, [&](std::size_t i) {
        return group_json(plan.groups[i], summary.groups[i]);
    });
    write_array("policies", policies.size(), sink, [&](std::size_t i) {
        return policy_json(plan, policies[i]);
    });
    sink(fmt::format(",\n  \"share\": {}", plan.settings.limits.share));
    write_array("quotas", summary.load.size(), sink, [&](std::size_t i) {
        return bucket_json(summary.load[i]);
    });
    write_array("survey_quotas", summary.survey.size(), sink, [&](std::size_t i) {
        return bucket_json(summary.survey[i]);
    });
    sink(forecast_json(forecast));
    sink(cost_json(summary.cost, plan.settings.prices));
    write_array("key_quota_usage", summary.key_quotas.size(), sink, [&](std::size_t i) {
        return key_quota_json(summary.key_quotas[i]);
    });
    write_array("undo", undo.size(), sink, [&](std::size_t i) { return json(undo[i]); });
    const std::vector<AccountPermissions> permissions = permissions_of(plan);
    write_array("permissions", permissions.size(), sink, [&](std::size_t i) {
        return permissions_json(permissions[i]);
    });
    if (options.list_jobs) {
        write_lists(reviewed, sink);
    }
    sink("\n}\n");
}

}  // namespace keyferry::planner
