// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/fleet_options.hpp"

namespace keyferry::cli {

void add_progress_option(Command command, std::string& progress) {
    command
        .option("--progress",
                progress,
                "How to show progress on standard error; with --json, only json or none")
        .one_of({"auto", "bar", "log", "json", "none"})
        .show_default();
}

}  // namespace keyferry::cli
