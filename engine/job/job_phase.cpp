// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_phase.hpp"

#include <cassert>
#include <numeric>

namespace keyferry::engine {

std::string_view name_of(JobPhase phase) noexcept {
    constexpr std::array<std::string_view, kJobPhases> kNames{"not started",
                                                              "sent",
                                                              "accepted",
                                                              "done",
                                                              "failed",
                                                              "conflict",
                                                              "unknown",
                                                              "deferred",
                                                              "unusable",
                                                              "blocked"};
    return kNames[static_cast<std::size_t>(phase)];
}

std::string_view name_of(Attribution attribution) noexcept {
    switch (attribution) {
        case Attribution::created:
            return "created";
        case Attribution::created_reconciled:
            return "created (reconciled)";
        case Attribution::existed:
            return "existed";
    }
    return "(no attribution)";
}

void JobCounts::add(JobPhase phase, std::optional<Attribution> attribution, std::uint64_t jobs) {
    by_phase_[static_cast<std::size_t>(phase)] += jobs;
    if (phase == JobPhase::done) {
        assert(attribution);
        by_attribution_[static_cast<std::size_t>(*attribution)] += jobs;
    }
}

void JobCounts::remove(JobPhase phase, std::optional<Attribution> attribution) {
    const auto remove_one = [](std::uint64_t& jobs) {
        assert(jobs > 0);
        --jobs;
    };
    remove_one(by_phase_[static_cast<std::size_t>(phase)]);
    if (phase == JobPhase::done) {
        assert(attribution);
        remove_one(by_attribution_[static_cast<std::size_t>(*attribution)]);
    }
}

std::uint64_t JobCounts::jobs() const noexcept {
    return std::accumulate(by_phase_.begin(), by_phase_.end(), std::uint64_t{0});
}

std::uint64_t JobCounts::ended() const noexcept {
    return jobs() - of(JobPhase::not_started) - of(JobPhase::sent) - of(JobPhase::accepted);
}

}  // namespace keyferry::engine
