// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"

namespace keyferry::cli {

void add_all_commands(Command& parent) {
    add_validate_command(parent);
    add_schema_command(parent);
    add_plan_command(parent);
    add_show_command(parent);
    add_permissions_command(parent);
    add_run_command(parent);
    add_check_command(parent);
    add_sync_command(parent);
    add_whoami_command(parent);
    add_status_command(parent);
    add_explain_command(parent);
    add_journal_command(parent);
    add_simulate_command(parent);
}

}  // namespace keyferry::cli
