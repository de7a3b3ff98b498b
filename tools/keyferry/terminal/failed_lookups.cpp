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

/// All failed lookups of a survey.
struct SurveyFailures {
    std::uint64_t silent_keys = 0;  ///< keys for which a call about the primary got no response
    FailedLookups replicas;
    FailedLookups compared;  ///< including `replicas`; only if replicas are compared
};

SurveyFailures survey_failures(const planner::Plan& plan,
                               const planner::Inventory& inventory,
                               bool compares) {
    SurveyFailures failures;
    failures.silent_keys = static_cast<std::uint64_t>(std::count_if(
        inventory.keys.begin(), inventory.keys.end(), [](const planner::InventoryKey& key) {
            return key.lookup == planner::LookupStatus::no_response ||
                   key.policy == planner::LookupStatus::no_response ||
                   key.tags == planner::LookupStatus::no_response;
        }));
    failures.replicas = failed_replica_lookups(inventory);
    if (compares) {
        failures.compared = failed_comparisons(plan, inventory);
        failures.compared.denied += failures.replicas.denied;
        failures.compared.no_response += failures.replicas.no_response;
    }
    return failures;
}

}  // namespace

void log_failed_lookups(const planner::Plan& plan,
                        const planner::Inventory& inventory,
                        bool compares) {
    const SurveyFailures failures = survey_failures(plan, inventory, compares);
    if (failures.silent_keys > 0) {
        log_error(fmt::format("no response from KMS for {} of {}; run the command again",
                              planner::with_thousands(failures.silent_keys),
                              planner::counted(plan.keys.size(), "key")));
    }
    if (failures.replicas.no_response > 0) {
        log_error(fmt::format("no response from KMS for {}; run the command again",
                              planner::counted(failures.replicas.no_response, "replica")));
    }
    const auto& [denied, no_response] = failures.compared;
    if (denied + no_response > 0) {
        log_message(fmt::format(
            "WARNING: {} could not be compared ({} denied, {} without a response), so "
            "the drift report is incomplete; 'keyferry permissions --drift' prints the "
            "required permissions",
            planner::counted(denied + no_response, "replica or primary", "replicas or primaries"),
            denied,
            no_response));
    }
}

int failed_lookups_exit_code(const planner::Plan& plan,
                             const planner::Inventory& inventory,
                             bool compares) {
    const SurveyFailures failures = survey_failures(plan, inventory, compares);
    const bool is_incomplete = failures.silent_keys > 0 || failures.replicas.no_response > 0 ||
                               failures.compared.no_response > 0;
    const bool is_denied = !inventory.refused_accounts.empty() || failures.compared.denied > 0;
    return is_incomplete ? exit_work_left : is_denied ? exit_permission : exit_done;
}

}  // namespace keyferry::cli
