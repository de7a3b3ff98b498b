// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/default_journal.hpp"

#include "tools/keyferry/fleet/plan_file.hpp"

#include <filesystem>

namespace keyferry::cli {

std::string default_run_journal(const std::string& fleet,
                                const planner::PlanFilter& filter,
                                bool is_rehearsal) {
    const std::string mark = filter.is_empty() ? "" : "." + planner::filter_mark(filter);
    const std::string kind = is_rehearsal ? ".simulated.journal" : ".journal";
    if (is_plan_file(fleet)) {
        return fleet + mark + kind;  // fleet.plan and fleet.toml are different plans
    }
    std::filesystem::path path(fleet);
    path.replace_extension(mark + kind);
    return path.string();
}

}  // namespace keyferry::cli
