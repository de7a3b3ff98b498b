#pragma once

#include "planner/plan.hpp"

#include <functional>
#include <string_view>

namespace keyferry {

/// Takes a report in pieces, in order; a report of a million jobs is never one string.
using ReportSink = std::function<void(std::string_view piece)>;

struct PlanReportOptions {
    bool list_jobs = false;  ///< also every job, one a line
};

/// The dry-run report of a plan for people: what would be made, with which parameters, what it asks
/// of which quota, the least time that follows, and what deserves a second look. At most 100
/// columns but for listed jobs, ends with a line feed.
void write_plan_text(const Plan& plan, const PlanReportOptions& options, const ReportSink& sink);

/// The same for programs. One JSON object; members may be added, none will change its meaning:
///
///     format        "keyferry-plan-report-1"
///     fleet         the spec's name             sha256   the plan's identity, 64 hex digits
///     keys          number of primaries         replicas number of jobs
///     accounts      [account, ...]
///     regions       [{region, replicas, opt_in}]          where replicas go, sorted
///     groups        [{name, keys, replicas, policy, policy_bytes, description, tags,
///                     bypass_policy_lockout_safety_check}] in the spec's order; policy is
///                   "default", "custom" or "template", policy_bytes is 0 for the default and that
///                   of the unfilled template; description is true where one is set, tags a number
///     share         part of every quota that a run may use
///     quotas        [{account, region, api, requests, quota_per_s, rate_per_s, seconds}] what the
///                   plan asks of each quota, as KMS counts, the longest first
///     seconds_min   no run of this plan can be faster; quotas[0] sets it
///     seconds_saved_by_twice_quotas_0
///     warnings      [{code, text}]
///     jobs          only when asked for: [{primary, replica}] ARNs, sorted
void write_plan_json(const Plan& plan, const PlanReportOptions& options, const ReportSink& sink);

}  // namespace keyferry
