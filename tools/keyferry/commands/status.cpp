// SPDX-License-Identifier: Apache-2.0
#include "engine/report/unfinished_jobs.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/export/csv.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_error.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/report_output.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>

namespace keyferry::cli {

namespace {

struct StatusOptions {
    std::string journal;
    bool failed = false;
    std::string format = "text";
    bool json = false;
};

constexpr const char* kStatusFooter = R"(Examples:
  keyferry status fleet.journal
      Show the progress of a run, and which jobs are stuck and why. The run may be active, finished
      or killed.
  keyferry status fleet.journal --json | jq .counts
  keyferry status fleet.journal --failed
      List every job that has started and is not done, by reason: failed, in conflict, blocked,
      unusable, deferred or unresolved. With --format csv or json, each job has its code, message
      and remedy.
  keyferry status fleet.journal --failed --format keys > again.txt
  keyferry run fleet.toml --keys-file again.txt
      Repeat only the keys of these jobs, as a run of its own.
  grep '"ev":"failed"' fleet.journal | jq .
      A journal is a JSON Lines file, so other tools can read its records directly.

For the journal of a sync or an undo, shows which changes were made. Takes no lock and modifies
nothing.

Exit codes: 0 all replicas exist, or all changes are made; 3 usage; 4 some jobs failed, the others
are done; 5 jobs remain for the active run or a rerun; 6 access was denied for every job that
failed, or the credentials of the last run were refused; 74 the file cannot be read or is not a
journal.)";

/// Lists the jobs that are not done.
int print_unfinished_jobs(const std::string& journal, const std::string& format) {
    const auto unfinished = engine::read_unfinished_jobs(journal);
    if (!unfinished) {
        throw journal_error(unfinished.error());
    }
    if (format == "json") {
        write_stdout(engine::unfinished_jobs_json(*unfinished));
    } else if (format == "csv") {
        write_stdout(unfinished_jobs_csv(*unfinished));
    } else if (format == "keys") {
        write_stdout(engine::unfinished_keys(*unfinished));
    } else {
        write_stdout(formatted(engine::unfinished_jobs_document(*unfinished), format));
    }
    if (unfinished->not_started > 0 && (format == "csv" || format == "keys")) {
        log_message(
            fmt::format("{} without records in the journal are not listed; a rerun of the "
                        "whole plan starts them",
                        planner::counted(unfinished->not_started, "job")));
    }
    return run_exit_code(unfinished->report);
}

int print_status(const StatusOptions& options) {
    const std::string format = options.json ? "json" : options.format;
    if (options.failed) {
        return print_unfinished_jobs(options.journal, format);
    }
    if (format == "csv" || format == "keys") {
        throw UsageError("--format", format + " requires --failed");
    }
    return print_run_report_of(options.journal, format);
}

}  // namespace

void add_status_command(Command& parent) {
    auto options = std::make_shared<StatusOptions>();
    Command command = parent.command("status", "Show the progress of a run from its journal");
    command.footer(kStatusFooter);
    command.argument("JOURNAL", options->journal, "Journal of a run, sync or undo");
    command.flag("--failed", options->failed, "List the jobs that have started and are not done");
    Option format = command
                        .option("--format",
                                options->format,
                                "Format of the report; csv and keys, a list of keys for "
                                "--keys-file, require --failed")
                        .one_of({"text", "json", "markdown", "html", "csv", "keys"})
                        .show_default();
    command.flag("--json", options->json, "Same as --format json").excludes(format);
    command.on_run([options] { return print_status(*options); });
}

}  // namespace keyferry::cli
