// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/resolve_fleet.hpp"

#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/fleet/key_search_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <utility>

namespace keyferry::cli {

std::optional<ResolvedFleet> resolve_fleet(planner::UnresolvedFleet fleet,
                                           KmsAccess& kms,
                                           boost::asio::io_context& io,
                                           io::Clock& clock,
                                           ProgressStyle style,
                                           OutageWait outage_wait,
                                           int& exit_code) {
    kms.fill(fleet.spec);
    SearchEnd end = search_keys(fleet.spec, kms, io, clock, style, outage_wait);
    if (!end.found) {
        exit_code = end.exit_code;
        return std::nullopt;
    }
    planner::FleetLoad load = planner::plan_selected_keys(std::move(fleet), end.found->keys);
    log_diagnostics(load);
    if (!load.plan) {
        exit_code = exit_usage;
        return std::nullopt;
    }
    for (planner::Selection& selection : load.plan->selections) {
        selection.is_resolved = !end.found->refused_accounts.contains(selection.home.account);
    }
    load.plan->keys_elsewhere = std::move(end.found->elsewhere);
    load.plan->keys_unseen = end.found->unseen.denied + end.found->unseen.no_response;
    return ResolvedFleet{*std::move(load.plan),
                         std::move(end.found->keys),
                         std::move(end.found->calls_by_quota),
                         std::move(end.found->unseen),
                         std::move(end.found->refused_accounts)};
}

}  // namespace keyferry::cli
