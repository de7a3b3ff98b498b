// SPDX-License-Identifier: Apache-2.0
#include "bench/support/synthetic_plan.hpp"

#include "planner/plan/plan_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace keyferry::bench {

io::Region synthetic_region(std::uint32_t number) {
    return io::Region::parse(fmt::format("us-made-{:02}", number)).value();
}

const io::AccountId& synthetic_account() {
    static const io::AccountId account = io::AccountId::parse("111122223333").value();
    return account;
}

planner::Plan synthetic_plan(std::vector<SyntheticKeys> fleet, const planner::Limits& limits) {
    std::stable_sort(
        fleet.begin(), fleet.end(), [](const SyntheticKeys& a, const SyntheticKeys& b) {
            return a.primary < b.primary;  // keys are sorted by ARN, and therefore by Region first
        });
    std::map<std::uint32_t, std::uint32_t> indices;  // Region number to index in the plan
    for (SyntheticKeys& some : fleet) {
        std::sort(some.replicas.begin(), some.replicas.end());
        for (const std::uint32_t replica : some.replicas) {
            indices.emplace(replica, 0);
        }
    }
    planner::Plan plan;
    plan.fleet_name = "synthetic";
    plan.settings.limits = limits;
    plan.groups.push_back(planner::PlannedGroup{"all", {}});
    for (auto& [number, index] : indices) {
        index = static_cast<std::uint32_t>(plan.regions.size());
        plan.regions.push_back(synthetic_region(number));
    }
    for (const SyntheticKeys& some : fleet) {
        const io::Region primary = synthetic_region(some.primary);
        for (std::uint32_t key = 0; key < some.keys; ++key) {
            const auto index = static_cast<std::uint32_t>(plan.keys.size());
            const io::KeyId id = io::KeyId::parse(fmt::format("mrk-{:032x}", index)).value();
            plan.keys.push_back(
                planner::PlannedKey{io::KeyArn(primary, synthetic_account(), id), 0});
            for (const std::uint32_t replica : some.replicas) {
                plan.jobs.push_back(planner::Job{index, indices.at(replica)});
            }
        }
    }
    plan.sha256 = planner::plan_sha256(plan);
    return plan;
}

}  // namespace keyferry::bench
