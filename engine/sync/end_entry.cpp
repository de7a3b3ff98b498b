// SPDX-License-Identifier: Apache-2.0
#include "engine/sync/end_entry.hpp"

#include <optional>

namespace keyferry::engine {

RunEndEntry end_entry(const RepeatableCalls& calls, bool is_cut_short, io::WallTime now) {
    const std::optional<ScopeNews>& refused = calls.refused_account();
    RunEndEntry entry(refused ? "refused" : is_cut_short ? "stopped" : "finished");
    if (refused) {
        entry.code = refused->code;
        entry.message = refused->message;
        entry.reason_time = now;
    }
    entry.throttles = throttle_counts(calls.throttles_by_quota());
    return entry;
}

}  // namespace keyferry::engine
