#include "bench/support/made_up_plan.hpp"

#include "planner/plan/plan_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace keyferry {

Region made_up_region(std::uint32_t number) {
    return Region::parse(fmt::format("us-made-{:02}", number)).value();
}

const AccountId& made_up_account() {
    static const AccountId account = AccountId::parse("111122223333").value();
    return account;
}

Plan made_up_plan(std::vector<MadeUpKeys> fleet, const Limits& limits) {
    std::stable_sort(fleet.begin(), fleet.end(), [](const MadeUpKeys& a, const MadeUpKeys& b) {
        return a.primary < b.primary;  // keys are sorted by ARN, and so by Region first
    });
    std::map<std::uint32_t, std::uint32_t> indices;  // of Regions in the plan, by number
    for (MadeUpKeys& some : fleet) {
        std::sort(some.replicas.begin(), some.replicas.end());
        for (const std::uint32_t replica : some.replicas) {
            indices.emplace(replica, 0);
        }
    }
    Plan plan;
    plan.fleet_name = "made up";
    plan.settings.limits = limits;
    plan.groups.push_back(PlannedGroup{"all", {}});
    for (auto& [number, index] : indices) {
        index = static_cast<std::uint32_t>(plan.regions.size());
        plan.regions.push_back(made_up_region(number));
    }
    for (const MadeUpKeys& some : fleet) {
        const Region primary = made_up_region(some.primary);
        for (std::uint32_t key = 0; key < some.keys; ++key) {
            const auto index = static_cast<std::uint32_t>(plan.keys.size());
            const KeyId id = KeyId::parse(fmt::format("mrk-{:032x}", index)).value();
            plan.keys.push_back(PlannedKey{KeyArn(primary, made_up_account(), id), 0});
            for (const std::uint32_t replica : some.replicas) {
                plan.jobs.push_back(Job{index, indices.at(replica)});
            }
        }
    }
    plan.sha256 = plan_sha256(plan);
    return plan;
}

}  // namespace keyferry
