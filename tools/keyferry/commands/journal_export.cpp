// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/export.hpp"
#include "io/file/output_file.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/journal_commands.hpp"
#include "tools/keyferry/export/csv.hpp"
#include "tools/keyferry/export/sqlite.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/orphaned_files_note.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace keyferry::cli {

namespace {

struct ExportOptions {
    std::string journal;
    std::optional<std::string> csv;  ///< empty: standard output
    std::optional<std::string> sqlite;
    bool force = false;
    bool json = false;

    const std::string& path() const { return sqlite ? *sqlite : *csv; }
};

constexpr const char* kJournalExportFooter = R"(Examples:
  keyferry journal export fleet.journal --csv > fleet.csv
  keyferry journal export fleet.journal --csv=fleet.csv
      One line per job: key, Region, outcome, attempts, times, and KMS's error code, message and
      request ID.
  keyferry journal export fleet.journal --sqlite fleet.db
  sqlite3 fleet.db "SELECT region, code, count(*) FROM jobs WHERE outcome = 'failed' GROUP BY 1, 2"
      Tables: journal, jobs, runs, records.

FILE is written atomically. An earlier export of the same kind is overwritten, other files only with
--force, and journals never. A FIFO, a character device and standard output (-) are written to
directly (CSV only); symbolic links are refused.

Jobs that have not started have no records; they are counted but not listed. In CSV, a value that a
spreadsheet would read as a formula (starting with =, +, -, @, tab or CR) is prefixed with '. A
journal can also be exported during its run. The export uses about 25 bytes of memory per job of the
plan (250 MB for 10 million), regardless of the size of the journal.

Exit codes: 0 done, also for an empty journal; 1 the output cannot be written; 3 usage error; 74 the
journal is damaged, not a journal, or cannot be read.)";

/// The path of the output: "-" for standard output.
const std::string& output_path(const ExportOptions& options) {
    static const std::string kStandardOutput = "-";
    return options.path().empty() ? kStandardOutput : options.path();
}

io::OutputRule output_rule(const ExportOptions& options) {
    return {.kind = options.sqlite ? io::FileKind::sqlite_export : io::FileKind::csv_export,
            .force = options.force,
            .allows_streams = !options.sqlite};
}

engine::JournalResult<engine::ExportedJournal> fill_csv(io::AppendFile& from,
                                                        const ExportOptions& options,
                                                        io::OutputFile& output) {
    JournalCsv csv([&](std::string_view bytes) { return output.append(bytes); });
    engine::JournalResult<engine::ExportedJournal> exported =
        engine::export_journal(from, csv, options.journal);
    csv.finish();
    return exported;
}

engine::JournalResult<engine::ExportedJournal> fill_sqlite(io::AppendFile& from,
                                                           const ExportOptions& options,
                                                           io::OutputFile& output) {
    JournalSqlite database(output.file()->temporary_path());
    engine::JournalResult<engine::ExportedJournal> exported =
        engine::export_journal(from, database, options.journal);
    if (exported) {
        database.finish(*exported);
    }
    return exported;
}

engine::JournalResult<engine::ExportedJournal> write_export(io::AppendFile& from,
                                                            const ExportOptions& options) {
    const std::string& path = output_path(options);
    log_orphaned_temp_files(path);
    auto output = io::OutputFile::open(path, output_rule(options));
    if (!output) {
        throw std::runtime_error(output.error().text);
    }
    engine::JournalResult<engine::ExportedJournal> exported =
        options.sqlite ? fill_sqlite(from, options, **output) : fill_csv(from, options, **output);
    if (exported) {
        if (const std::optional<io::OutputProblem> problem = (*output)->publish()) {
            throw std::runtime_error(problem->text);
        }
    }
    return exported;
}

std::string summary_json(const engine::ExportedJournal& exported, const ExportOptions& options) {
    boost::json::object object;
    object["format"] = "keyferry-journal-export-1";
    object["journal"] = options.journal;
    object["out"] = options.path();
    object["kind"] = options.sqlite ? "sqlite" : "csv";
    object["records"] = exported.records;
    object["runs"] = exported.replay.runs_total();
    object["jobs"] = exported.jobs;
    object["jobs_exported"] = exported.rows;
    object["jobs_without_records"] = exported.jobs_without_records;
    object["lost_records"] = exported.replay.loss().records;
    object["lost_bytes"] = exported.replay.loss().bytes;
    return boost::json::serialize(object) + "\n";
}

void print_summary(const engine::ExportedJournal& exported, const ExportOptions& options) {
    if (options.json) {
        write_stdout(summary_json(exported, options));
        return;
    }
    log_message(fmt::format("exported {} of {} from {}",
                            planner::with_thousands(exported.rows),
                            planner::counted(exported.jobs, "job"),
                            planner::counted(exported.records, "record")));
    if (exported.jobs_without_records > 0) {
        log_message(
            fmt::format("not exported: {} without records, because a journal records a job only "
                        "once it has started. `keyferry plan FLEET --list-jobs` lists all jobs",
                        planner::counted(exported.jobs_without_records, "job")));
    }
}

/// Throws CommandError if the options contradict each other.
void check_options(const ExportOptions& options) {
    if (options.csv.has_value() == options.sqlite.has_value()) {
        throw CommandError(exit_usage, "choose an output: --csv or --sqlite FILE");
    }
    const std::string& path = options.path();
    if (options.sqlite && path.empty()) {
        throw CommandError(exit_usage, "--sqlite requires a file name");
    }
    if (options.json && (path.empty() || path == "-")) {
        throw CommandError(exit_usage,
                           "--json and CSV cannot share standard output; write the CSV to a file "
                           "with --csv=FILE");
    }
}

int export_to(const ExportOptions& options) {
    check_options(options);
    const std::string& path = output_path(options);
    if (const auto target = io::check_output(path, output_rule(options)); !target) {
        throw CommandError(target.error().is_refusal ? exit_usage : exit_error,
                           target.error().text);
    }
    std::unique_ptr<io::PosixAppendFile> from;
    if (const std::error_code error = io::PosixAppendFile::open(
            options.journal, io::PosixAppendFile::Access::read_only, from)) {
        throw CommandError(exit_journal,
                           engine::journal_io_problem(options.journal, "open", error).text);
    }
    bool is_source = false;
    if (!from->is_at(path, is_source) && is_source) {
        throw CommandError(exit_usage, path + " is the journal itself; choose another file");
    }
    const engine::JournalResult<engine::ExportedJournal> exported = write_export(*from, options);
    if (!exported) {
        throw CommandError(exit_journal, exported.error().text);
    }
    print_summary(*exported, options);
    return exit_done;
}

}  // namespace

void add_journal_export_command(Command& parent) {
    auto options = std::make_shared<ExportOptions>();
    Command command = parent.command("export", "Export the jobs of a journal to CSV or SQLite");
    command.footer(kJournalExportFooter);
    command.argument("JOURNAL", options->journal, "Journal of a run, sync or undo");
    Option csv = command
                     .parsed_option(
                         "--csv",
                         [options](const std::string& file) { options->csv = file; },
                         "Write CSV to FILE (as --csv=FILE) or to standard output")
                     .optional_value()
                     .type_name("[FILE]");
    command.option("--sqlite", options->sqlite, "Write an SQLite database")
        .type_name("FILE")
        .excludes(csv);
    command.flag(
        "--force", options->force, "Overwrite a file that is not an export of the same kind");
    command.flag("--json", options->json, "Print a summary as one JSON object");
    command.on_run([options] { return export_to(*options); });
}

}  // namespace keyferry::cli
