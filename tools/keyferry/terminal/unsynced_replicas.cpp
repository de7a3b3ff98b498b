// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/unsynced_replicas.hpp"

#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/exit_code_of.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace keyferry::cli {

namespace {

constexpr std::size_t kUnsyncedListedMax = 10;
constexpr std::size_t kUnsyncedColumnsMax = 100;

}  // namespace

std::vector<UnsyncedReplicas> list_unsynced(const planner::ReviewedPlan& reviewed,
                                            const planner::Inventory& inventory,
                                            const std::vector<bool>& changes_state) {
    std::vector<UnsyncedReplicas> unsynced;
    for (planner::ReplicaProblem& problem :
         planner::unsynced_replicas(reviewed, inventory, changes_state)) {
        std::vector<io::KeyArn> replicas;
        replicas.reserve(problem.jobs.size());
        for (const planner::JobIndex job : problem.jobs) {
            replicas.push_back(replica_arn(reviewed.plan, reviewed.plan.jobs[job]));
        }
        unsynced.emplace_back(std::move(problem), std::move(replicas));
    }
    return unsynced;
}

std::string unsynced_text(const std::vector<UnsyncedReplicas>& unsynced) {
    std::string text = unsynced.empty() ? "" : "\nNot synced\n";
    for (const UnsyncedReplicas& each : unsynced) {
        text += fmt::format("  {}: {}\n",
                            planner::counted(each.replicas.size(), "replica"),
                            planner::status_text(each.problem));
        for (std::size_t r = 0; r < std::min(each.replicas.size(), kUnsyncedListedMax); ++r) {
            text += fmt::format(
                "    {} in {}\n", each.replicas[r].key_id.text(), each.replicas[r].region.name());
        }
        if (each.replicas.size() > kUnsyncedListedMax) {
            text += fmt::format("    and {} more, listed by --json\n",
                                planner::with_thousands(each.replicas.size() - kUnsyncedListedMax));
        }
        text += planner::wrapped(
            "    What to do: ", planner::advice_on(each.problem), kUnsyncedColumnsMax);
    }
    return text;
}

boost::json::array unsynced_json(const std::vector<UnsyncedReplicas>& unsynced) {
    boost::json::array array;
    for (const UnsyncedReplicas& each : unsynced) {
        boost::json::object object;
        object["status"] = name_of(each.problem.status);
        object["reason"] = name_of(each.problem.reason);
        object["replicas"] = each.replicas.size();
        object["advice"] = planner::advice_on(each.problem);
        boost::json::array& affected = object["affected"].emplace_array();
        for (const io::KeyArn& replica : each.replicas) {
            affected.push_back(boost::json::value(replica.text()));
        }
        array.push_back(std::move(object));
    }
    return array;
}

int exit_code_of(const std::vector<UnsyncedReplicas>& unsynced) {
    int exit_code = exit_done;
    for (const UnsyncedReplicas& each : unsynced) {
        exit_code = combined_exit_code(exit_code, exit_code_of(each.problem.status));
    }
    return exit_code;
}

}  // namespace keyferry::cli
