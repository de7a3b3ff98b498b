// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/locate_primaries.hpp"

#include "engine/survey/primary_lookup.hpp"
#include "planner/fleet/moved_primaries.hpp"
#include "planner/summary/finding.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <utility>

namespace keyferry::cli {

namespace {

std::string lookup_progress(const engine::PrimaryLookup& lookup,
                            std::uint64_t calls,
                            bool as_json) {
    if (as_json) {
        return fmt::format(R"({{"primaries":{},"primaries_seen":{},"calls":{}}})",
                           lookup.keys(),
                           lookup.keys_seen(),
                           calls);
    }
    return fmt::format("checked {} of {}, {}",
                       planner::with_thousands(lookup.keys_seen()),
                       planner::counted(lookup.keys(), "primary", "primaries"),
                       planner::counted(calls, "call"));
}

}  // namespace

std::vector<planner::QuotaCalls> locate_primaries(planner::Plan& plan,
                                                  std::vector<planner::SelectedKey>& found,
                                                  KmsSession& session,
                                                  OutageWait outage_wait) {
    CallSession calls(plan.settings, session, outage_wait);
    engine::PrimaryLookup lookup(plan, calls.calls(), found);
    if (lookup.keys() == 0) {
        return {};
    }
    calls.run(
        [&] { return lookup.run(); },
        [&](bool as_json) { return lookup_progress(lookup, calls.calls().calls(), as_json); });
    std::vector<planner::SelectedKey> described = lookup.take_described();
    planner::move_primaries(plan, planner::moved_primaries(described));
    std::move(described.begin(), described.end(), std::back_inserter(found));
    return calls.calls().calls_by_quota();
}

void log_moved_primaries(const planner::Plan& plan) {
    std::vector<planner::Finding> findings;
    planner::add_moved_findings(plan, findings);
    for (const planner::Finding& finding : findings) {
        log_message("WARNING: " + finding.text);
        for (const std::string& example : finding.examples) {
            log_message("  " + example);
        }
    }
}

}  // namespace keyferry::cli
