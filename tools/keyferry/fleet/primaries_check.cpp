// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/primaries_check.hpp"

#include "planner/review/compare_with_inventory.hpp"
#include "tools/keyferry/fleet/copied_contents.hpp"
#include "tools/keyferry/fleet/survey_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace keyferry::cli {

namespace {

bool is_denial(planner::ActionReason reason) {
    return reason == planner::ActionReason::primary_denied ||
           reason == planner::ActionReason::no_credentials ||
           reason == planner::ActionReason::policy_denied ||
           reason == planner::ActionReason::tags_denied;
}

bool is_no_response(planner::ActionReason reason) {
    return reason == planner::ActionReason::primary_unseen ||
           reason == planner::ActionReason::content_unseen;
}

}  // namespace

PrimariesCheck check_primaries(const std::string& path,
                               const planner::Plan& plan,
                               const planner::PlanReview& saved_review,
                               KmsAccess& kms,
                               boost::asio::io_context& io,
                               io::Clock& clock,
                               ProgressStyle style) {
    constexpr std::size_t kNamedMax = 10;
    SurveyEnd end = survey_kms(plan, {}, kms, io, clock, style);
    if (!end.inventory) {
        return {end.exit_code, {}};
    }
    const planner::PlanReview review = planner::compare_with_inventory(plan, *end.inventory);
    std::size_t blocked = 0;
    std::size_t denied = 0;
    std::size_t unanswered = 0;
    std::uint32_t last_key = ~std::uint32_t{0};
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const planner::JobVerdict& verdict = review.verdicts[job];
        const std::uint32_t key = plan.jobs[job].key;
        if (saved_review.verdicts[job].action != planner::JobAction::create ||
            verdict.action != planner::JobAction::blocked || key == last_key ||
            kms.refused_accounts().contains(plan.keys[key].primary.account)) {
            continue;
        }
        last_key = key;
        denied += is_denial(verdict.reason) ? 1 : 0;
        unanswered += is_no_response(verdict.reason) ? 1 : 0;
        if (blocked++ < kNamedMax) {
            const auto moved = review.moved_to.find(key);
            log_message(fmt::format("  {}: {}{}. {}",
                                    plan.keys[key].primary.text(),
                                    name_of(verdict.reason),
                                    moved == review.moved_to.end() ? "" : " to " + moved->second,
                                    planner::advice_on(verdict.reason)));
        }
    }
    if (blocked > 0 && blocked == denied + unanswered) {
        log_error(
            fmt::format("cannot verify the plan {}: {} of its primaries could not be checked; "
                        "nothing was done{}",
                        path,
                        blocked,
                        denied > 0 ? "" : "; run again"));
        return {denied > 0 ? exit_permission : exit_work_left, {}};
    }
    if (blocked > 0) {
        log_error(
            fmt::format("the plan {} is out of date: {} of its primaries can no longer be "
                        "replicated{}; nothing was done. Make a new plan.",
                        path,
                        blocked,
                        blocked > kNamedMax ? fmt::format(", {} more", blocked - kNamedMax) : ""));
        return {exit_changes, {}};
    }
    if (!check_copied_contents(path, plan, end.inventory->contents)) {
        return {exit_changes, {}};
    }
    return {exit_done, std::move(end.inventory)};
}

}  // namespace keyferry::cli
