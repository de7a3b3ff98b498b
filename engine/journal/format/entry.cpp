// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/entry.hpp"

#include <array>
#include <cassert>
#include <map>
#include <utility>

namespace keyferry::engine {

std::string_view name_of(JournalEvent event) noexcept {
    switch (event) {
        case JournalEvent::open:
            return "open";
        case JournalEvent::access:
            return "access";
        case JournalEvent::run:
            return "run";
        case JournalEvent::sent:
            return "sent";
        case JournalEvent::accepted:
            return "accepted";
        case JournalEvent::done:
            return "done";
        case JournalEvent::failed:
            return "failed";
        case JournalEvent::conflict:
            return "conflict";
        case JournalEvent::unknown:
            return "unknown";
        case JournalEvent::deferred:
            return "deferred";
        case JournalEvent::unusable:
            return "unusable";
        case JournalEvent::blocked:
            return "blocked";
        case JournalEvent::pending:
            return "pending";
        case JournalEvent::end:
            return "end";
        case JournalEvent::rewritten:
            return "rewritten";
        case JournalEvent::lost:
            return "lost";
        case JournalEvent::before:
            return "before";
    }
    return "(no event)";
}

JournalEvent event_of(JobPhase phase) noexcept {
    constexpr std::array kEvents{JournalEvent::sent,
                                 JournalEvent::accepted,
                                 JournalEvent::done,
                                 JournalEvent::failed,
                                 JournalEvent::conflict,
                                 JournalEvent::unknown,
                                 JournalEvent::deferred,
                                 JournalEvent::unusable,
                                 JournalEvent::blocked};
    static_assert(kEvents.size() + 1 == kJobPhases);
    assert(phase != JobPhase::not_started);
    return kEvents.at(static_cast<std::size_t>(phase) - 1);
}

std::optional<JobPhase> phase_of(JournalEvent event) noexcept {
    for (auto phase = JobPhase::sent; phase <= JobPhase::blocked;
         phase = static_cast<JobPhase>(static_cast<int>(phase) + 1)) {
        if (event_of(phase) == event) {
            return phase;
        }
    }
    return std::nullopt;
}

std::vector<ThrottleCount> throttle_counts(const std::vector<planner::QuotaCalls>& throttled) {
    std::map<std::pair<io::KmsApi, std::string>, std::uint64_t> calls;
    for (const planner::QuotaCalls& each : throttled) {
        calls[{each.api, each.place.region.name()}] += each.calls;
    }
    std::vector<ThrottleCount> counts;
    for (const auto& [quota, count] : calls) {
        counts.push_back(ThrottleCount{std::string(name_of(quota.first)), quota.second, count});
    }
    return counts;
}

}  // namespace keyferry::engine
