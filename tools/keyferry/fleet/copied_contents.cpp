// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/copied_contents.hpp"

#include "planner/plan/content_changes.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/summary/plan_wording.hpp"
#include "tools/keyferry/fleet/survey_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

constexpr std::size_t kNamedMax = 10;

/// The number of omitted items, such as ", 5 more".
std::string omitted_text(std::size_t count) {
    return count > kNamedMax ? fmt::format(", {} more", count - kNamedMax) : "";
}

/// The keys whose values are to be copied but are missing from `inventory`. Omits the keys of
/// refused accounts, since no calls are sent for them.
std::vector<std::uint32_t> keys_without(const planner::Plan& plan,
                                        const planner::Inventory& inventory,
                                        const planner::RefusedAccounts& refused) {
    std::vector<std::uint32_t> keys;
    for (const planner::Job& job : plan.jobs) {
        if ((keys.empty() || keys.back() != job.key) &&
            planner::copied_parts(plan, job.key).any() && !inventory.contents.contains(job.key) &&
            !refused.contains(plan.keys[job.key].primary.account)) {
            keys.push_back(job.key);
        }
    }
    return keys;
}

/// The exit code for an unreadable value. It depends on whether the user must fix permissions, run
/// the command again or change the spec.
int exit_code_of(planner::ActionReason reason) {
    switch (reason) {
        case planner::ActionReason::policy_denied:
        case planner::ActionReason::tags_denied:
        case planner::ActionReason::primary_denied:
        case planner::ActionReason::no_credentials:
            return exit_permission;
        case planner::ActionReason::content_unseen:
        case planner::ActionReason::primary_unseen:
            return exit_work_left;
        default:
            return exit_usage;
    }
}

/// Logs the keys and how to continue. Returns the exit code.
int log_unreadable(const planner::Plan& plan,
                   const planner::Inventory& inventory,
                   const std::vector<std::uint32_t>& keys) {
    int exit_code = exit_work_left;
    for (std::size_t k = 0; k < keys.size(); ++k) {
        const planner::ActionReason reason = planner::why_no_content(plan, inventory, keys[k]);
        if (exit_code == exit_work_left) {
            exit_code = exit_code_of(reason);
        }
        if (k < kNamedMax) {
            log_message(fmt::format("  {}: {}. {}",
                                    plan.keys[keys[k]].primary.text(),
                                    name_of(reason),
                                    planner::advice_on(reason)));
        }
    }
    log_error(fmt::format(
        "policies or tags that the spec copies could not be read for {} of {}{}; nothing was done. "
        "To leave these keys out, run keyferry plan --out and then run the saved plan.",
        keys.size(),
        planner::counted(plan.keys.size(), "key", "keys"),
        omitted_text(keys.size())));
    return exit_code;
}

}  // namespace

int read_copied_contents(planner::Plan& plan,
                         const std::vector<planner::SelectedKey>& found,
                         KmsAccess& kms,
                         boost::asio::io_context& io,
                         io::Clock& clock,
                         ProgressStyle style,
                         std::optional<planner::Inventory>& inventory) {
    log_message(fmt::format("reading policies and tags to copy from {}: {}",
                            planner::counted(plan.keys.size(), "key", "keys"),
                            kms.description()));
    SurveyEnd end = survey_kms(
        plan, found, kms, io, clock, style, {.contents = engine::ReadContents::of_all_keys});
    if (!end.inventory) {
        return end.exit_code;
    }
    const std::vector<std::uint32_t> unreadable =
        keys_without(plan, *end.inventory, kms.refused_accounts());
    if (!unreadable.empty()) {
        return log_unreadable(plan, *end.inventory, unreadable);
    }
    inventory = std::move(end.inventory);
    planner::set_contents(plan, std::exchange(inventory->contents, {}));
    return exit_done;
}

bool check_copied_contents(const std::string& path,
                           const planner::Plan& plan,
                           const planner::KeyContents& now) {
    const std::vector<planner::ChangedContent> changes = planner::content_changes(plan, now);
    for (std::size_t c = 0; c < std::min(changes.size(), kNamedMax); ++c) {
        log_message(fmt::format("  {}: {} changed",
                                plan.keys[changes[c].key].primary.text(),
                                planner::names_of(changes[c].parts)));
    }
    if (!changes.empty()) {
        log_error(
            fmt::format("the plan {} is out of date: {} changed since it was made{}; nothing was "
                        "done. Make a new plan.",
                        path,
                        planner::counted(changes.size(), "primary", "primaries"),
                        omitted_text(changes.size())));
    }
    return changes.empty();
}

}  // namespace keyferry::cli
