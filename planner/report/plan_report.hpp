// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/summary/plan_forecast.hpp"

#include <functional>
#include <string_view>

namespace keyferry::planner {

/// Takes a report in pieces, in order; a report of a million jobs is never one string.
using ReportSink = std::function<void(std::string_view piece)>;

struct PlanReportOptions {
    /// Also every job, with its action and reason. Text and JSON have a line for each; on a page
    /// those of a key share a row, and rows beyond some hundreds are counted.
    bool list_jobs = false;
};

// The dry-run report of a plan, in every form. `review` says what each job needs;
// unsurveyed_review() where nobody has asked KMS. `forecast` is that of the jobs to be created.

/// For people: what would be made, with which parameters, what it asks of which quota, how long
/// that takes, and what deserves a second look. At most 100 columns but for listed jobs, ends with
/// a line feed.
void write_plan_text(const Plan& plan,
                     const PlanReview& review,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink);

/// For a pull request or a ticket, in Markdown with GitHub's tables.
void write_plan_markdown(const Plan& plan,
                         const PlanReview& review,
                         const PlanForecast& forecast,
                         const PlanReportOptions& options,
                         const ReportSink& sink);

/// For a browser or a printer: one file that loads nothing, with pictures.
void write_plan_html(const Plan& plan,
                     const PlanReview& review,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink);

/// The same for programs. One JSON object; members may be added, none will change its meaning:
///
///     format        "keyferry-plan-report-2"; -1 knew of no review
///     fleet         the spec's name             sha256   the plan's identity, 64 hex digits
///     keys          number of primaries         replicas number of jobs
///     surveyed      whether KMS was asked what exists, with so many survey_calls; if not, every
///                   replica counts as to be created
///     actions       {create, exists, sync, conflict, blocked}: replicas that need what
///     extra_replicas  number of replicas that the spec does not name
///     reasons       [{action, reason, replicas}] why, for reasons that some replica has
///     accounts      [account, ...]
///     regions       [{region, replicas, actions, extras, opt_in, starts_s, ends_s}]  where
///                   replicas go, sorted; from the run's start to the Region's first call and to
///                   its last replica's being ready, both null where it makes none there and
///                   where forecast.is_bound
///     allowed_regions  patterns of the spec that all of these match; empty where it has none
///     groups        [{name, keys, replicas, actions, policy, policy_bytes, description, tags,
///                     copied, bypass_policy_lockout_safety_check}] in the spec's order; policy is
///                   "default", "copy", "custom" or "template", policy_bytes is 0 for the first two
///                   and that of the unfilled template; description is true where the spec has
///                   one, tags a number; copied has those of "policy", "description" and "tags"
///                   that are each primary's own
///     share         part of every quota that a run may use
///     quotas        [{account, region, api, requests, quota_per_s, rate_per_s, seconds}] what
///                   creating asks of each quota, as KMS counts, the longest first; no run takes
///                   fewer seconds from its first call to its last
///     survey_quotas [{account, region, api, requests, quota_per_s, rate_per_s, seconds}] what the
///                   survey has asked of each, retries too: made already, not in quotas
///     seconds_min   the same for all quotas, and for the keys: calls on one key keep apart
///     forecast      how long a run takes that meets no trouble:
///                     {seconds, creation_wait_seconds, is_bound, limit, replicas_of_key_max,
///                      key_seconds_min, round_trip_seconds, creating_seconds,
///                      savings: [{quotas: [{account, region, api, quota_per_s}], seconds,
///                                 is_forecast}]}
///                   seconds includes creation_wait_seconds, the wait for the last replicas. limit,
///                   {account, region, api}, is what sets seconds_min, null where that is the key
///                   with the most replicas. round_trip_seconds and creating_seconds are assumed.
///                   is_bound: the plan is too large to be run through, seconds is seconds_min and
///                   the last wait. savings: what other quotas would save, by another forecast or
///                   by comparing bounds
///     cost          {key_usd_per_month, keys_before, keys_added, usd_per_month_before,
///                   usd_per_month_added, usd_per_month_after, usd_per_year_added, run_usd_max,
///                   survey_usd} by the spec's [prices], of the plan's keys alone; planner/cost.hpp
///                   says what is counted
///     key_quota_usage      [{account, region, known, to_create, quota}] where replicas go: keys of
///     the
///                   plan known to be there, and KMS's default quota of keys
///     findings      [{severity, code, affected, text, advice, examples}] errors first; severity is
///                   "error", "warning" or "notice", the codes stand in planner/finding.hpp
///     permissions   [{account, policies, scp_checklist}] what has to be allowed in each account:
///                   IAM policies as objects, all of them needed; lines for people on what service
///                   control policies must not deny
///     jobs          only when asked for: [{primary, replica, action, reason}], sorted; ARNs, and
///                   the names of planner/plan_review.hpp. Where it applies also differs, of
///                   "policy", "tags", "description" and "aliases"; deletion_date_s, epoch seconds;
///                   moved_to, the Region that the primary has moved to
///     extras        only when asked for: [{primary, region}]
void write_plan_json(const Plan& plan,
                     const PlanReview& review,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink);

}  // namespace keyferry::planner
