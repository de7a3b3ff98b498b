// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/copied_contents.hpp"

#include "planner/plan/content_changes.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_code_of.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

constexpr std::size_t kNamedMax = 10;

/// The number of omitted items, such as " (5 not listed)".
std::string omitted_text(std::size_t count) {
    return count > kNamedMax ? fmt::format(" ({} not listed)", count - kNamedMax) : "";
}

/// The keys whose values are to be copied but are missing from `inventory`. Omits the keys of
/// refused accounts, since no calls are sent for them, and keys that do not exist, since their jobs
/// are blocked.
std::vector<std::uint32_t> keys_without(const planner::Plan& plan,
                                        const planner::Inventory& inventory,
                                        const planner::RefusedAccounts& refused) {
    std::vector<std::uint32_t> keys;
    for (const planner::Job& job : plan.jobs) {
        if ((keys.empty() || keys.back() != job.key) &&
            planner::copied_parts(plan, job.key).any() && !inventory.contents.contains(job.key) &&
            inventory.keys[job.key].lookup != planner::LookupStatus::absent &&
            !refused.contains(plan.keys[job.key].primary.account)) {
            keys.push_back(job.key);
        }
    }
    return keys;
}

/// Names the keys and how to continue.
CommandError unreadable_error(const planner::Plan& plan,
                              const planner::Inventory& inventory,
                              const std::vector<std::uint32_t>& keys) {
    int exit_code = exit_done;
    std::vector<std::string> lines;
    for (const std::uint32_t key : keys) {
        const planner::ActionReason reason = planner::why_no_content(plan, inventory, key);
        exit_code = combined_exit_code(exit_code, exit_code_of(reason));
        if (lines.size() < kNamedMax) {
            lines.push_back(fmt::format("  {}: {}. {}",
                                        plan.keys[key].primary.text(),
                                        name_of(reason),
                                        planner::advice_on(reason)));
        }
    }
    lines.push_back(fmt::format(
        "policies or tags that the spec copies could not be read for {} of {}{}; nothing was done. "
        "To leave these keys out, run keyferry plan --out and then run the saved plan.",
        keys.size(),
        planner::counted(plan.keys.size(), "key"),
        omitted_text(keys.size())));
    return CommandError(exit_code, std::move(lines));
}

}  // namespace

void read_copied_contents(Fleet& fleet, KmsSession& session) {
    log_message(fmt::format("reading policies and tags to copy from {}: {}",
                            planner::counted(fleet.plan.keys.size(), "key"),
                            session.kms().description()));
    planner::Inventory inventory = survey_kms(
        fleet.plan, fleet.found, session, {.contents = engine::ReadContents::of_all_keys});
    const std::vector<std::uint32_t> unreadable =
        keys_without(fleet.plan, inventory, session.kms().refused_accounts());
    if (!unreadable.empty()) {
        throw unreadable_error(fleet.plan, inventory, unreadable);
    }
    planner::set_contents(fleet.plan, std::exchange(inventory.contents, {}));
    fleet.inventory = std::move(inventory);
}

void check_copied_contents(const std::string& path,
                           const planner::Plan& plan,
                           const planner::KeyContents& now) {
    const std::vector<planner::ChangedContent> changes = planner::content_changes(plan, now);
    if (changes.empty()) {
        return;
    }
    std::vector<std::string> lines;
    for (std::size_t c = 0; c < std::min(changes.size(), kNamedMax); ++c) {
        lines.push_back(fmt::format("  {}: {} changed",
                                    plan.keys[changes[c].key].primary.text(),
                                    planner::names_of(changes[c].parts)));
    }
    lines.push_back(
        fmt::format("the plan {} is out of date: {} changed since it was created{}; "
                    "nothing was done. Create a new plan.",
                    path,
                    planner::counted(changes.size(), "primary", "primaries"),
                    omitted_text(changes.size())));
    throw CommandError(exit_changes, std::move(lines));
}

}  // namespace keyferry::cli
