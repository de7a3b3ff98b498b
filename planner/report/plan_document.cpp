// SPDX-License-Identifier: Apache-2.0
#include "planner/report/plan_document.hpp"

#include "io/names/duration_text.hpp"
#include "planner/report/blocked_section.hpp"
#include "planner/report/coverage_section.hpp"
#include "planner/report/groups_section.hpp"
#include "planner/report/permissions_section.hpp"
#include "planner/report/plan_facts.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/summary/undo_advice.hpp"
#include "planner/text/glob.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {

namespace {

using Align = TextTable::Align;

constexpr std::array kActionsInOrder{
    JobAction::create, JobAction::exists, JobAction::sync, JobAction::unusable, JobAction::blocked};

void add_prose(ReportSection& section, std::string text) {
    if (!text.empty()) {
        section.blocks.emplace_back(ReportProse{std::move(text)});
    }
}

void add_headline(ReportDocument& document, const Plan& plan, const PlanSummary& summary) {
    document.title = fmt::format("Plan for fleet \"{}\"", plan.fleet_name);
    document.headline = {fmt::format("{} in {} -> {} in {}",
                                     counted(plan.keys.size(), "primary key"),
                                     counted(summary.accounts.size(), "account"),
                                     counted(plan.jobs.size(), "replica"),
                                     counted(plan.regions.size(), "Region"))};
}

/// Returns a table of the number of replicas by action and reason; empty if KMS was not queried.
ReportSection found_section(const PlanReview& review, const PlanSummary& summary) {
    ReportSection section{"found", "Current state in KMS", {}};
    if (!review.is_surveyed) {
        return section;
    }
    ReportTable table{"Replicas by action and reason",
                      {{"action"}, {"reason"}, {"replicas", Align::right}},
                      {},
                      0};
    for (const ReasonSummary& reason : summary.reasons) {
        table.rows.push_back({std::string(name_of(action_of(reason.reason))),
                              std::string(name_of(reason.reason)),
                              with_thousands(reason.replicas)});
    }
    if (!review.extras.empty()) {
        table.rows.push_back({"none", "not in the spec", with_thousands(review.extras.size())});
    }
    section.blocks.emplace_back(std::move(table));
    return section;
}

/// Returns the actions that at least one replica needs, so that no column contains only zeros.
/// Empty if KMS was not queried.
std::vector<JobAction> actions_found(const PlanReview& review, const PlanSummary& summary) {
    std::vector<JobAction> found;
    for (const JobAction action : kActionsInOrder) {
        if (review.is_surveyed && summary.actions.of(action) > 0) {
            found.push_back(action);
        }
    }
    return found;
}

/// States whether the plan's jobs comply with its allowed_regions.
std::string residency_sentence(const Plan& plan) {
    std::vector<std::string> outside;
    for (const io::Region& region : plan.regions) {
        if (!matches_any_glob(region.name(), plan.allowed_regions)) {
            outside.push_back(region.name());
        }
    }
    const std::string patterns = listed(plan.allowed_regions);
    return outside.empty()
               ? fmt::format(
                     "Data residency: every Region matches the spec's allowed_regions ({}).",
                     patterns)
               : fmt::format("Data residency is violated: {} {} not match allowed_regions ({}).",
                             listed(outside),
                             outside.size() == 1 ? "does" : "do",
                             patterns);
}

ReportSection regions_section(const ReviewedPlan& reviewed,
                              const PlanSummary& summary,
                              const PlanForecast& forecast) {
    const bool has_times = !forecast.regions.empty();
    const std::vector<JobAction> actions = actions_found(reviewed.review, summary);
    ReportTable table{"Replicas by Region", {{"Region"}, {"replicas", Align::right}}, {}, 0};
    for (const JobAction action : actions) {
        table.columns.push_back({std::string(name_of(action)), Align::right});
    }
    if (!reviewed.review.extras.empty()) {
        table.columns.push_back({"extra", Align::right});
    }
    if (has_times) {
        table.columns.push_back({"ready after", Align::right});
    }
    table.columns.push_back({"note"});
    for (std::size_t r = 0; r < summary.regions.size(); ++r) {
        const RegionSummary& region = summary.regions[r];
        std::vector<std::string> row{region.region.name(), with_thousands(region.actions.total())};
        for (const JobAction action : actions) {
            row.push_back(with_thousands(region.actions.of(action)));
        }
        if (!reviewed.review.extras.empty()) {
            row.push_back(with_thousands(region.extras));
        }
        if (has_times) {
            row.push_back(region.actions.of(JobAction::create) > 0
                              ? io::long_duration_text(forecast.regions[r].ends_s)
                              : "");
        }
        row.emplace_back(io::is_opt_in_region(region.region) ? "opt-in" : "");
        table.rows.push_back(std::move(row));
    }
    ReportSection section{"regions", "Regions", {}};
    section.blocks.emplace_back(std::move(table));
    if (!reviewed.plan.allowed_regions.empty()) {
        add_prose(section, residency_sentence(reviewed.plan));
    }
    return section;
}

/// The requests of the run and of the survey that count against one quota.
struct QuotaRow {
    const BucketLoad* quota = nullptr;  ///< the quota, as used by the run or the survey
    double requests = 0;
    double surveyed = 0;
    double seconds = 0;  ///< minimum duration of the run
};

/// Returns one row per quota: first the quotas that the run uses, then those that only the survey
/// used.
std::vector<QuotaRow> quota_rows(const PlanSummary& summary) {
    std::vector<QuotaRow> rows;
    std::map<std::pair<io::AccountRegion, io::KmsApi>, std::size_t> numbers;
    for (const BucketLoad& bucket : summary.load) {
        numbers.emplace(std::pair(bucket.place, bucket.api), rows.size());
        rows.push_back(QuotaRow{&bucket, bucket.requests, 0, bucket.seconds});
    }
    for (const BucketLoad& bucket : summary.survey) {
        const auto [number, is_new] =
            numbers.emplace(std::pair(bucket.place, bucket.api), rows.size());
        if (is_new) {
            rows.push_back(QuotaRow{&bucket});
        }
        rows[number->second].surveyed = bucket.requests;
    }
    return rows;
}

/// Returns the total number of the survey's requests, because the table may not show all of them.
std::string survey_text(const PlanReview& review) {
    return review.is_surveyed
               ? fmt::format(
                     "The survey made {} to read the current state. A run makes its own requests.",
                     counted(review.calls, "request"))
               : "";
}

ReportSection requests_section(const ReviewedPlan& reviewed,
                               const PlanSummary& summary,
                               const DocumentLimits& limits) {
    const bool has_survey = !summary.survey.empty();
    ReportTable table{
        "Requests by quota, slowest first", {{"account"}, {"Region"}, {"API"}}, {}, 0};
    if (has_survey) {
        table.columns.push_back({"survey", Align::right});
    }
    for (const char* title : {has_survey ? "run" : "requests", "quota/s", "used/s", "min time"}) {
        table.columns.push_back({title, Align::right});
    }
    const std::vector<QuotaRow> quotas = quota_rows(summary);
    add_first_rows(table, quotas.size(), limits.rows_max, [&](std::size_t q) {
        const QuotaRow& quota = quotas[q];
        std::vector<std::string> row{quota.quota->place.account.digits(),
                                     quota.quota->place.region.name(),
                                     std::string(name_of(quota.quota->api))};
        if (has_survey) {
            row.push_back(with_thousands(static_cast<std::uint64_t>(quota.surveyed)));
        }
        row.push_back(with_thousands(static_cast<std::uint64_t>(quota.requests)));
        row.push_back(rate_text(quota.quota->quota_per_s));
        row.push_back(rate_text(quota.quota->rate_per_s));
        row.push_back(quota.requests > 0 ? io::long_duration_text(quota.seconds) : "");
        return row;
    });
    ReportSection section{"requests",
                          fmt::format("API requests as counted by KMS (keyferry uses {:.4g} % of "
                                      "each quota)",
                                      reviewed.plan.settings.limits.share * 100),
                          {}};
    if (!table.rows.empty()) {
        section.blocks.emplace_back(std::move(table));
    }
    add_prose(section, survey_text(reviewed.review));
    return section;
}

ReportSection time_section(const PlanForecast& forecast, const std::vector<BucketLoad>& load) {
    ReportSection section{"time", "Duration", {}};
    if (!load.empty()) {
        add_prose(section, about_text(forecast));
        add_prose(section, at_least_text(forecast));
        add_prose(section, savings_text(forecast, load));
    }
    return section;
}

ReportSection key_quota_section(const PlanReview& review,
                                const std::vector<KeyQuotaUsage>& usages,
                                const DocumentLimits& limits) {
    ReportSection section{"key-quota",
                          fmt::format("Key quota (KMS default: {} keys per account and Region)",
                                      with_thousands(kDefaultKeyQuota)),
                          {}};
    if (usages.empty()) {
        return section;
    }
    ReportTable table{"Keys by account and Region, highest usage first",
                      {{"account"},
                       {"Region"},
                       {"known", Align::right},
                       {"all", Align::right},
                       {"to create", Align::right},
                       {"of quota", Align::right}},
                      {},
                      0};
    add_first_rows(table, usages.size(), limits.rows_max, [&](std::size_t r) {
        const KeyQuotaUsage& usage = usages[r];
        return std::vector<std::string>{
            usage.place.account.digits(),
            usage.place.region.name(),
            with_thousands(usage.known),
            usage.counted ? with_thousands(*usage.counted) : "?",
            with_thousands(usage.to_create),
            share_text(static_cast<double>(usage.after()) / static_cast<double>(kDefaultKeyQuota))};
    });
    section.blocks.emplace_back(std::move(table));
    const bool all_counted =
        std::all_of(usages.begin(), usages.end(), [](const KeyQuotaUsage& usage) {
            return usage.counted.has_value();
        });
    add_prose(section,
              std::string(review.is_surveyed ? "\"known\" counts only this plan's existing keys."
                                             : "\"known\" counts only this plan's primaries.") +
                  (all_counted ? " \"all\" counts every key of the account in the Region."
                               : " Other keys of the account also count towards the quota; plan "
                                 "--count-keys counts them."));
    return section;
}

ReportSection cost_section(const ReviewedPlan& reviewed, const PlanCost& cost) {
    const Prices& prices = reviewed.plan.settings.prices;
    ReportSection section{
        "cost", fmt::format("Cost ({} per key per month)", usd_text(prices.key_usd_per_month)), {}};
    ReportTable table{
        "Cost of this plan's keys",
        {{""}, {"keys", Align::right}, {"per month", Align::right}, {"per year", Align::right}},
        {},
        0};
    const auto add = [&](std::string what, std::uint64_t keys, double usd_per_month) {
        table.rows.push_back({std::move(what),
                              with_thousands(keys),
                              usd_text(usd_per_month),
                              usd_text(12 * usd_per_month)});
    };
    add("before", cost.keys_before, cost.usd_per_month_before);
    add("added", cost.keys_added, cost.usd_per_month_added);
    add("after", cost.keys_before + cost.keys_added, cost.usd_per_month_after());
    section.blocks.emplace_back(std::move(table));
    add_prose(
        section,
        fmt::format("Maximum one-time cost of the run's API requests: {} (at {} per 10,000){}. {}",
                    usd_text(cost.run_usd_max),
                    usd_text(prices.requests_usd_per_10000),
                    reviewed.review.is_surveyed ? fmt::format("; cost of the survey's requests: {}",
                                                              usd_text(cost.survey_usd))
                                                : "",
                    reviewed.review.is_surveyed ? "Keys pending deletion are not billed."
                                                : "Replicas that already exist add no cost."));
    return section;
}

ReportSection findings_section(const std::vector<Finding>& findings) {
    const auto counts = count_findings(findings);
    ReportSection section{"findings",
                          fmt::format("Findings: {}, {}, {}",
                                      counted(counts[0], "error"),
                                      counted(counts[1], "warning"),
                                      counted(counts[2], "notice")),
                          {}};
    section.blocks.insert(section.blocks.end(), findings.begin(), findings.end());
    if (findings.empty()) {
        add_prose(section, "No findings.");
    }
    return section;
}

ReportSection undo_section(const PlanSummary& summary) {
    ReportSection section{"undo", "How to undo", {}};
    for (std::string& paragraph : undo_advice(summary.actions)) {
        add_prose(section, std::move(paragraph));
    }
    return section;
}

}  // namespace

ReportDocument plan_document(const ReviewedPlan& reviewed,
                             const PlanProvenance& provenance,
                             const PlanForecast& forecast,
                             const PlanSummary& summary,
                             const DocumentLimits& limits) {
    ReportDocument document;
    add_headline(document, reviewed.plan, summary);
    document.facts = plan_facts(reviewed, provenance, limits.accounts_max);
    document.sections.push_back(findings_section(summary.findings));
    document.sections.push_back(found_section(reviewed.review, summary));
    document.sections.push_back(blocked_section(reviewed, limits.blocked_rows_max));
    document.sections.push_back(regions_section(reviewed, summary, forecast));
    document.sections.push_back(groups_section(reviewed.plan, summary, limits.rows_max));
    document.sections.push_back(requests_section(reviewed, summary, limits));
    document.sections.push_back(time_section(forecast, summary.load));
    document.sections.push_back(key_quota_section(reviewed.review, summary.key_quotas, limits));
    document.sections.push_back(cost_section(reviewed, summary.cost));
    document.sections.push_back(undo_section(summary));
    document.sections.push_back(coverage_section(coverage_of(reviewed)));
    document.sections.push_back(
        permissions_section(permissions_of(reviewed.plan), limits.accounts_max));
    std::erase_if(document.sections, [](const auto& section) { return section.blocks.empty(); });
    return document;
}

}  // namespace keyferry::planner
