// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>

#include <functional>

namespace keyferry::cli {

/// What the chosen command does once all arguments are parsed; returns the exit code.
using CommandBody = std::function<int()>;

// Each adds its subcommand, help text and options to `app`, and when it is the one on the command
// line, sets `body`. One file a command: tools/keyferry/<name>_command.cpp.
void add_validate_command(CLI::App& app, CommandBody& body);
void add_schema_command(CLI::App& app, CommandBody& body);
void add_plan_command(CLI::App& app, CommandBody& body);
void add_show_command(CLI::App& app, CommandBody& body);
void add_permissions_command(CLI::App& app, CommandBody& body);
void add_run_command(CLI::App& app, CommandBody& body);
void add_sync_command(CLI::App& app, CommandBody& body);
void add_whoami_command(CLI::App& app, CommandBody& body);
void add_status_command(CLI::App& app, CommandBody& body);
void add_journal_command(CLI::App& app, CommandBody& body);
void add_simulate_command(CLI::App& app, CommandBody& body);

}  // namespace keyferry::cli
