// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/replica_check.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

namespace keyferry::cli {

/// The exit code of a command that checks replicas.
[[nodiscard]] inline int check_exit_code(planner::CheckVerdict verdict) noexcept {
    switch (verdict) {
        case planner::CheckVerdict::complete:
            break;
        case planner::CheckVerdict::gaps:
            return exit_changes;
        case planner::CheckVerdict::denied:
            return exit_permission;
        case planner::CheckVerdict::no_response:
            return exit_work_left;
    }
    return exit_done;
}

}  // namespace keyferry::cli
