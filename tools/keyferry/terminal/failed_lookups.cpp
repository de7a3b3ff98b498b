// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/failed_lookups.hpp"

#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace keyferry::cli {

namespace {

/// Number of failed lookups by kind. The state of these keys and replicas is unknown.
struct FailedLookups {
    std::size_t denied = 0;
    std::size_t no_response = 0;

    void count(planner::LookupStatus lookup) {
        denied += lookup == planner::LookupStatus::denied ? 1 : 0;
        no_response += lookup == planner::LookupStatus::no_response ||
                               lookup == planner::LookupStatus::unreadable
                           ? 1
                           : 0;
    }
};

/// Counts the failed lookups of replicas that are listed by their primary.
FailedLookups failed_replica_lookups(const planner::Inventory& inventory) {
    FailedLookups failed;
    for (const planner::InventoryKey& key : inventory.keys) {
        for (const planner::InventoryReplica& replica : key.related) {
            failed.count(replica.lookup);
        }
    }
    return failed;
}

/// Counts the failed comparisons for --drift, except those of replicas whose lookup failed.
FailedLookups failed_comparisons(const planner::Plan& plan, const planner::Inventory& inventory) {
    FailedLookups failed;
    for (const auto& [job, replica] : inventory.replicas) {
        const planner::InventoryKey& primary = inventory.keys[plan.jobs[job].key];
        failed.count(std::max({replica.worst, primary.policy, primary.tags, primary.aliases}));
    }
    for (const planner::InventoryKey& key : inventory.keys) {
        failed.count(key.lookup);
    }
    return failed;
}

}  // namespace

int log_failed_lookups(const planner::Plan& plan,
                       const planner::Inventory& inventory,
                       bool compares) {
    const auto silent = std::count_if(
        inventory.keys.begin(), inventory.keys.end(), [](const planner::InventoryKey& key) {
            return key.lookup == planner::LookupStatus::no_response ||
                   key.policy == planner::LookupStatus::no_response ||
                   key.tags == planner::LookupStatus::no_response;
        });
    if (silent > 0) {
        log_error(fmt::format("no response from KMS for {} of {}; run the command again",
                              silent,
                              planner::counted(plan.keys.size(), "key")));
    }
    const FailedLookups at_replicas = failed_replica_lookups(inventory);
    if (at_replicas.no_response > 0) {
        log_error(fmt::format("no response from KMS for {}; run the command again",
                              planner::counted(at_replicas.no_response, "replica")));
    }
    int exit_code = silent > 0 || at_replicas.no_response > 0 ? exit_work_left
                    : !inventory.refused_accounts.empty()     ? exit_permission
                                                              : exit_done;
    if (!compares) {
        return exit_code;
    }
    const FailedLookups compared = failed_comparisons(plan, inventory);
    const std::size_t denied = at_replicas.denied + compared.denied;
    const std::size_t no_response = at_replicas.no_response + compared.no_response;
    if (denied + no_response > 0) {
        log_message(fmt::format(
            "WARNING: {} could not be compared ({} denied, {} without a response), so "
            "the drift report is incomplete; 'keyferry permissions --drift' prints the "
            "required permissions",
            planner::counted(denied + no_response, "replica or primary", "replicas or primaries"),
            denied,
            no_response));
        exit_code =
            no_response > 0 || exit_code == exit_work_left ? exit_work_left : exit_permission;
    }
    return exit_code;
}

}  // namespace keyferry::cli
