// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/fail_on.hpp"

namespace keyferry::cli {

void add_fail_on_option(Command command, FailOn& fail_on) {
    const auto read = [&fail_on](const std::string& name) {
        fail_on = planner::finding_severity_named(name);
    };
    command
        .parsed_option("--fail-on",
                       read,
                       "Exit with 2 if there are findings of at least this severity [never]")
        .one_of({"error", "warning", "notice", "never"});
}

}  // namespace keyferry::cli
