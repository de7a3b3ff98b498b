// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/commands/fleet_schema.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

namespace keyferry::cli {

namespace {

constexpr const char* kSchemaFooter = R"(Examples:
  keyferry schema > fleet.schema.json
      Then start fleet.toml with the line
          #:schema ./fleet.schema.json
      Editors that use taplo (such as Even Better TOML) then complete and explain keys and highlight
      errors.

The output is a JSON Schema, draft 2020-12. 'keyferry validate' also checks what a schema cannot
express, such as durations, the JSON syntax of policies, and references to Region sets.

Exit codes: 0 done.)";

}  // namespace

void add_schema_command(Command& parent) {
    Command command = parent.command("schema", "Print the JSON Schema of fleet specs, for editors");
    command.footer(kSchemaFooter);
    command.on_run([] {
        write_stdout(fleet_schema());
        return static_cast<int>(exit_done);
    });
}

}  // namespace keyferry::cli
