// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/key_search_session.hpp"

#include "engine/survey/key_search.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace keyferry::cli {

namespace {

std::string key_search_progress(const engine::KeySearch& search, bool as_json) {
    const engine::KeySearchProgress at = search.progress();
    if (as_json) {
        return fmt::format(R"({{"search_keys_listed":{},"search_keys_seen":{},"calls":{}}})",
                           at.keys_listed,
                           at.keys_seen,
                           at.calls);
    }
    return fmt::format("searching for keys: {} listed, {} checked, {}",
                       planner::with_thousands(at.keys_listed),
                       planner::with_thousands(at.keys_seen),
                       planner::counted(at.calls, "call"));
}

void log_selected(const planner::FleetSpec& fleet, const planner::SelectedKeys& found) {
    std::vector<std::size_t> by_group(fleet.groups.size(), 0);
    for (const planner::SelectedKey& key : found.keys) {
        ++by_group[key.group];
    }
    for (std::size_t g = 0; g < fleet.groups.size(); ++g) {
        const planner::FleetGroup& group = fleet.groups[g];
        const bool is_searched =
            group.select && !found.refused_accounts.contains(group.home->account);
        if (group.select && !is_searched) {
            log_message(fmt::format(
                "WARNING: the keys that group {} selects were not searched for, because account {} "
                "has no usable credentials",
                io::terminal_line(group.name),
                group.home->account.digits()));
        } else if (group.select && by_group[g] == 0) {
            std::vector<std::string> regions;
            for (const io::Region& region : group.primaries) {
                regions.push_back(region.name());
            }
            log_message(
                fmt::format("WARNING: group {} selects no keys. Check the spelling of tags and "
                            "aliases, and whether such keys exist in {} of account {}",
                            io::terminal_line(group.name),
                            planner::listed(regions),
                            group.home->account.digits()));
        } else if (group.select) {
            log_message(fmt::format("group {} selects {}",
                                    io::terminal_line(group.name),
                                    planner::counted(by_group[g], "key")));
        }
    }
}

void log_unchecked(const planner::UncheckedKeys& unseen) {
    const std::uint64_t count = unseen.denied + unseen.no_response;
    if (count == 0) {
        return;
    }
    log_message(
        fmt::format("WARNING: {} could not be checked against the groups' selections ({} denied, "
                    "{} without a response); not part of the plan:",
                    planner::counted(count, "multi-Region key"),
                    planner::with_thousands(unseen.denied),
                    planner::with_thousands(unseen.no_response)));
    for (const std::string& arn : unseen.first) {
        log_message("  " + arn);
    }
    if (count > unseen.first.size()) {
        log_message(
            fmt::format("  and {} more", planner::with_thousands(count - unseen.first.size())));
    }
    if (unseen.denied > 0) {
        log_message(
            "allow kms:DescribeKey and kms:ListResourceTags on them, or list them in the group's "
            "`except`");
    }
}

void log_elsewhere(const std::vector<planner::KeyElsewhere>& primaries) {
    constexpr std::size_t kElsewhereNamedMax = 10;
    if (primaries.empty()) {
        return;
    }
    log_message(
        fmt::format("WARNING: {} {} the groups' selections but {} not part of the plan, because "
                    "the primary is in a Region that is neither the group's primary Region nor in "
                    "its replicate_to:",
                    planner::counted(primaries.size(), "key"),
                    primaries.size() == 1 ? "matches" : "match",
                    primaries.size() == 1 ? "is" : "are"));
    for (std::size_t k = 0; k < std::min(primaries.size(), kElsewhereNamedMax); ++k) {
        log_message("  " + primaries[k].primary.text());
    }
    if (primaries.size() > kElsewhereNamedMax) {
        log_message(fmt::format("  and {} more",
                                planner::with_thousands(primaries.size() - kElsewhereNamedMax)));
    }
}

}  // namespace

planner::SelectedKeys search_keys(const planner::FleetSpec& fleet,
                                  KmsSession& session,
                                  OutageWait outage_wait) {
    CallSession calls(fleet.settings, session, outage_wait);
    engine::KeySearch search(fleet, calls.calls());
    calls.run([&] { return search.run(); },
              [&](bool as_json) { return key_search_progress(search, as_json); });
    planner::SelectedKeys found = search.take_selected();
    if (!found.failure.empty()) {
        throw CommandError(
            found.failure_is_denial ? exit_permission : exit_work_left,
            {"cannot search for the keys that the spec selects: " +
                 io::terminal_text(found.failure),
             found.failure_is_denial
                 ? "nothing was changed; 'keyferry permissions' prints the required permissions"
                 : "nothing was changed; run the command again"});
    }
    const auto& refused_accounts = session.kms().refused_accounts();
    for (auto& [account, reason] : found.refused_accounts) {
        const auto refused = refused_accounts.find(account);
        reason = refused == refused_accounts.end() ? reason : refused->second;
    }
    log_selected(fleet, found);
    log_unchecked(found.unseen);
    log_elsewhere(found.elsewhere);
    return found;
}

}  // namespace keyferry::cli
