// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/primaries_check.hpp"

#include "planner/review/compare_with_inventory.hpp"
#include "tools/keyferry/fleet/copied_contents.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_code_of.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace keyferry::cli {

planner::Inventory check_primaries(const std::string& path,
                                   const Fleet& fleet,
                                   KmsSession& session) {
    constexpr std::size_t kNamedMax = 10;
    const planner::Plan& plan = fleet.plan;
    planner::Inventory inventory = survey_kms(plan, {}, session);
    const planner::PlanReview review = planner::compare_with_inventory(plan, inventory);
    std::vector<std::string> named;
    std::size_t blocked = 0;
    bool is_outdated = false;
    int exit_code = exit_done;
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
        const int of_key = exit_code_of(verdict.reason);
        is_outdated |= of_key == exit_jobs_failed;
        exit_code = combined_exit_code(exit_code, of_key);
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
    if (blocked > 0 && !is_outdated) {
        named.push_back(
            fmt::format("cannot verify the plan {}: {} of its primaries could not be checked; "
                        "nothing was done{}",
                        path,
                        blocked,
                        exit_code == exit_permission ? "" : "; run again"));
        throw CommandError(exit_code, std::move(named));
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
