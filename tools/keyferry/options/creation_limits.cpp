// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/creation_limits.hpp"

#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <fmt/format.h>

#include <string>

namespace keyferry::cli {

namespace {

/// The replicas that a run may create.
struct Creations {
    std::uint64_t all = 0;
    std::uint64_t unchecked = 0;  ///< those whose primaries could not be checked
};

Creations count_creations(const planner::PlanReview& review,
                          const std::function<bool(planner::JobIndex)>& may_start) {
    Creations creations;
    for (planner::JobIndex job = 0; job < review.verdicts.size(); ++job) {
        const planner::JobVerdict& verdict = review.verdicts[job];
        const bool is_missing = review.is_surveyed && verdict.action == planner::JobAction::create;
        if (planner::may_be_created(verdict) && (is_missing || may_start(job))) {
            ++creations.all;
            creations.unchecked += verdict.action == planner::JobAction::create ? 0 : 1;
        }
    }
    return creations;
}

}  // namespace

void add_creation_limit_options(Command command, CreationLimits& limits) {
    command
        .option("--max-jobs",
                limits.jobs_max,
                "Refuse a plan that would create more than N replicas; existing replicas do not "
                "count")
        .type_name("N");
    command
        .option("--max-cost",
                limits.usd_per_month_added_max,
                "Refuse a plan that would add more than AMOUNT US dollars to the monthly bill, "
                "based on the spec's [prices]")
        .non_negative()
        .type_name("AMOUNT");
}

std::optional<CommandError> exceeded_limit(
    const CreationLimits& limits,
    const planner::ReviewedPlan& reviewed,
    const std::function<bool(planner::JobIndex)>& may_start) {
    const Creations creations = count_creations(reviewed.review, may_start);
    const double price = reviewed.plan.settings.prices.key_usd_per_month;
    const double usd_added = static_cast<double>(creations.all) * price;
    std::string text;
    if (limits.jobs_max && creations.all > *limits.jobs_max) {
        text = fmt::format("refused: {} to create; --max-jobs is {}",
                           planner::counted(creations.all, "replica"),
                           planner::with_thousands(*limits.jobs_max));
    } else if (limits.usd_per_month_added_max && usd_added > *limits.usd_per_month_added_max) {
        text = fmt::format("refused: {} at {} per month each add {} per month; --max-cost is {}",
                           planner::counted(creations.all, "replica"),
                           planner::usd_text(price),
                           planner::usd_text(usd_added),
                           planner::usd_text(*limits.usd_per_month_added_max));
    } else {
        return std::nullopt;
    }
    if (!reviewed.review.is_surveyed) {
        text += "; existing replicas were not checked";
    } else if (creations.unchecked > 0) {
        text += fmt::format("; includes {} whose primaries could not be checked",
                            planner::with_thousands(creations.unchecked));
    }
    return CommandError(exit_changes, std::move(text));
}

}  // namespace keyferry::cli
