// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/locate_primaries.hpp"

#include "engine/survey/primary_lookup.hpp"
#include "planner/fleet/moved_primaries.hpp"
#include "planner/summary/finding.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
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
    return fmt::format("checked {} of {} primaries, {} calls",
                       planner::with_thousands(lookup.keys_seen()),
                       planner::with_thousands(lookup.keys()),
                       planner::with_thousands(calls));
}

}  // namespace

LocateEnd locate_primaries(planner::Plan& plan,
                           std::vector<planner::SelectedKey>& found,
                           KmsAccess& kms,
                           boost::asio::io_context& io,
                           io::Clock& clock,
                           ProgressStyle style,
                           OutageWait outage_wait) {
    LocateEnd end;
    if (kms.is_simulated()) {
        return end;
    }
    CallSession session(plan.settings, kms, io, clock, style, outage_wait);
    engine::PrimaryLookup lookup(plan, session.calls(), found);
    if (lookup.keys() == 0) {
        return end;
    }
    end.exit_code = session.run(
        [&] { return lookup.run(); },
        [&](bool as_json) { return lookup_progress(lookup, session.calls().calls(), as_json); });
    if (end.exit_code != exit_done) {
        end.refusal = session.calls().refusal();
        return end;
    }
    std::vector<planner::SelectedKey> described = lookup.take_described();
    planner::move_primaries(plan, planner::moved_primaries(described));
    std::move(described.begin(), described.end(), std::back_inserter(found));
    end.calls = session.calls().calls_by_quota();
    return end;
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
