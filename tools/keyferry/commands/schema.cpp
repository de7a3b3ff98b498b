// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/commands/fleet_schema.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

namespace keyferry::cli {

namespace {

constexpr const char* kSchemaFooter = R"(Examples:
  keyferry schema > fleet.schema.json
      Then, as the first line of fleet.toml,
          #:schema ./fleet.schema.json
      and editors with taplo (Even Better TOML) complete keys, explain them and underline mistakes.

JSON Schema, draft 2020-12. 'keyferry validate' knows rules that a schema cannot tell: what a name
refers to, lengths of time, the JSON of policies.)";

}  // namespace

void add_schema_command(Command& parent) {
    Command command =
        parent.command("schema", "Print the JSON Schema of a fleet spec, for editors");
    command.footer(kSchemaFooter);
    command.on_run([] {
        write_stdout(fleet_schema());
        return static_cast<int>(exit_done);
    });
}

}  // namespace keyferry::cli
