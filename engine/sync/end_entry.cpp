// SPDX-License-Identifier: Apache-2.0
#include "engine/sync/end_entry.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace keyferry::engine {

RunEndEntry end_entry(const RepeatableCalls& calls, bool is_cut_short, io::WallTime now) {
    const std::optional<ScopeNews>& refused = calls.refused_account();
    RunEndEntry entry(refused ? "refused" : is_cut_short ? "stopped" : "finished");
    if (refused) {
        entry.code = refused->code;
        entry.message = refused->message;
        entry.reason_time = now;
    }
    for (const planner::QuotaCalls& quota : calls.throttles_by_quota()) {
        const std::string api(name_of(quota.api));
        const std::string& region = quota.place.region.name();
        const auto same =
            std::find_if(entry.throttles.begin(),
                         entry.throttles.end(),
                         [&](const ThrottleCount& count) {  // several accounts in one Region
                             return count.api == api && count.region == region;
                         });
        if (same != entry.throttles.end()) {
            same->calls += quota.calls;
        } else {
            entry.throttles.push_back(ThrottleCount{api, region, quota.calls});
        }
    }
    return entry;
}

}  // namespace keyferry::engine
