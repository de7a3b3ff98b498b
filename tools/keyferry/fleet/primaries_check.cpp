// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/primaries_check.hpp"

#include "planner/review/compare_with_inventory.hpp"
#include "tools/keyferry/fleet/copied_contents.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

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

planner::Inventory check_primaries(const std::string& path,
                                   const Fleet& fleet,
                                   KmsSession& session) {
    constexpr std::size_t kNamedMax = 10;
    const planner::Plan& plan = fleet.plan;
    planner::Inventory inventory = survey_kms(plan, {}, session);
    const planner::PlanReview review = planner::compare_with_inventory(plan, inventory);
    std::vector<std::string> named;
    std::size_t blocked = 0;
    std::size_t denied = 0;
    std::size_t unanswered = 0;
    std::uint32_t last_key = ~std::uint32_t{0};
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const planner::JobVerdict& verdict = review.verdicts[job];
        const std::uint32_t key = plan.jobs[job].key;
        if (fleet.saved_review->verdicts[job].action != planner::JobAction::create ||
            verdict.action != planner::JobAction::blocked || key == last_key ||
            session.kms().refused_accounts().contains(plan.keys[key].primary.account)) {
            continue;
        }
        last_key = key;
        denied += is_denial(verdict.reason) ? 1 : 0;
        unanswered += is_no_response(verdict.reason) ? 1 : 0;
        if (blocked++ < kNamedMax) {
            const auto moved = review.moved_to.find(key);
            named.push_back(
                fmt::format("  {}: {}{}. {}",
                            plan.keys[key].primary.text(),
                            name_of(verdict.reason),
                            moved == review.moved_to.end() ? "" : " to " + moved->second,
                            planner::advice_on(verdict.reason)));
        }
    }
    if (blocked > 0 && blocked == denied + unanswered) {
        named.push_back(
            fmt::format("cannot verify the plan {}: {} of its primaries could not be checked; "
                        "nothing was done{}",
                        path,
                        blocked,
                        denied > 0 ? "" : "; run again"));
        throw CommandError(denied > 0 ? exit_permission : exit_work_left, std::move(named));
    }
    if (blocked > 0) {
        named.push_back(fmt::format(
            "the plan {} is out of date: {} of its primaries can no longer be "
            "replicated{}; nothing was done. Create a new plan.",
            path,
            blocked,
            blocked > kNamedMax ? fmt::format(" ({} not listed)", blocked - kNamedMax) : ""));
        throw CommandError(exit_changes, std::move(named));
    }
    check_copied_contents(path, plan, inventory.contents);
    return inventory;
}

}  // namespace keyferry::cli
