#include "planner/plan_report.hpp"
#include "planner/plan_summary.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <vector>

namespace keyferry {

namespace {

/// A JSON string. (Numbers are written by fmt: Boost.JSON 1.81 writes 5.0 as 5E0.)
std::string json(std::string_view text) {
    return boost::json::serialize(boost::json::string(text));
}

/// Writes `"name": [...],` with `item(i)` for each of `count` elements, one a line.
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

std::string group_json(const PlannedGroup& group, const GroupSummary& summary) {
    const ReplicaParameters& parameters = group.parameters;
    const std::optional<bool>& bypass = parameters.bypass_policy_lockout_safety_check;
    return fmt::format(
        R"({{"name": {}, "keys": {}, "replicas": {}, "policy": {}, "policy_bytes": {}, )"
        R"("description": {}, "tags": {}, "bypass_policy_lockout_safety_check": {}}})",
        json(group.name),
        summary.keys,
        summary.replicas,
        json(policy_kind(parameters)),
        parameters.policy ? parameters.policy->size() : 0,
        parameters.description.has_value(),
        parameters.tags.size(),
        bypass.value_or(false));
}

/// The members that name a quota.
std::string quota_json(const Place& place, KmsApi api) {
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
        R"({{"region": {}, "replicas": {}, "opt_in": {}, "starts_s": {}, "ends_s": {}}})",
        json(region.region.name()),
        region.replicas,
        is_opt_in_region(region.region),
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

}  // namespace

void write_plan_json(const Plan& plan,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink) {
    const PlanSummary summary = summarize(plan);
    const std::vector<AccountId> accounts(summary.accounts.begin(), summary.accounts.end());
    sink(
        fmt::format("{{\n  \"format\": \"keyferry-plan-report-1\",\n  \"fleet\": {},\n"
                    "  \"sha256\": {},\n  \"keys\": {},\n  \"replicas\": {}",
                    json(plan.fleet_name),
                    json(plan.sha256),
                    plan.keys.size(),
                    plan.jobs.size()));
    write_array("accounts", accounts.size(), sink, [&](std::size_t i) {
        return json(accounts[i].digits());
    });
    write_array("regions", summary.regions.size(), sink, [&](std::size_t i) {
        return region_json(summary.regions[i],
                           forecast.regions.empty() ? nullptr : &forecast.regions[i]);
    });
    write_array("groups", plan.groups.size(), sink, [&](std::size_t i) {
        return group_json(plan.groups[i], summary.groups[i]);
    });
    sink(fmt::format(",\n  \"share\": {}", plan.settings.limits.share));
    write_array("quotas", summary.load.size(), sink, [&](std::size_t i) {
        return bucket_json(summary.load[i]);
    });
    sink(forecast_json(forecast));
    write_array("warnings", summary.warnings.size(), sink, [&](std::size_t i) {
        const PlanWarning& warning = summary.warnings[i];
        return fmt::format(R"({{"code": {}, "text": {}}})", json(warning.code), json(warning.text));
    });
    if (options.list_jobs) {
        write_array("jobs", plan.jobs.size(), sink, [&](std::size_t i) {
            const Job& job = plan.jobs[i];
            return fmt::format(R"({{"primary": "{}", "replica": "{}"}})",
                               plan.keys[job.key].primary.text(),
                               replica_arn(plan, job).text());
        });
    }
    sink("\n}\n");
}

}  // namespace keyferry
