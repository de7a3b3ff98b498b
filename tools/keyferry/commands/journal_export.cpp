// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/export.hpp"
#include "io/file/new_file.hpp"
#include "io/file/output_file.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/journal_commands.hpp"
#include "tools/keyferry/export/csv.hpp"
#include "tools/keyferry/export/export_target.hpp"
#include "tools/keyferry/export/sqlite.hpp"
#include "tools/keyferry/terminal/counted.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/orphaned_files_note.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
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

FILE is written atomically. --force overwrites files, but never a journal. A FIFO, a character
device and /dev/stdout are written to directly (CSV only); links to files are refused.

Jobs that have not started have no records; they are counted but not listed. In CSV, a value that a
spreadsheet would read as a formula (starting with =, +, -, @, tab or CR) is prefixed with '. The
run may still be active. The export uses about 25 bytes of memory per job of the plan (250 MB for 10
million), whatever the size of the file.

Exit codes: 0 done, also for an empty journal; 1 the output cannot be written; 3 usage error; 74 the
journal is damaged, not a journal, or cannot be read.)";

[[noreturn]] void throw_output_error(const std::string& path,
                                     std::string_view operation,
                                     std::error_code error) {
    throw std::runtime_error(fmt::format("{}: {} failed: {}", path, operation, error.message()));
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenStream = std::unique_ptr<std::FILE, CloseFile>;

OpenStream open_stream(const std::string& path) {
    io::Descriptor descriptor;
    if (const std::error_code error = io::open_stream(path, descriptor)) {
        throw_output_error(path, "open", error);
    }
    OpenStream stream(::fdopen(descriptor.number(), "w"));
    if (!stream) {
        throw_output_error(path, "open", std::error_code(errno, std::generic_category()));
    }
    static_cast<void>(descriptor.release());  // the stream closes it
    return stream;
}

engine::JournalResult<engine::ExportedJournal> fill_csv(io::AppendFile& from,
                                                        const ExportOptions& options,
                                                        JournalCsv csv) {
    engine::JournalResult<engine::ExportedJournal> exported =
        engine::export_journal(from, csv, options.journal);
    csv.finish();
    return exported;
}

/// Writes to standard output or another stream.
engine::JournalResult<engine::ExportedJournal> write_stream(io::AppendFile& from,
                                                            const ExportOptions& options) {
    const OpenStream stream = options.csv->empty() ? nullptr : open_stream(*options.csv);
    return fill_csv(from, options, JournalCsv(stream ? stream.get() : stdout));
}

engine::JournalResult<engine::ExportedJournal> fill_sqlite(io::AppendFile& from,
                                                           const ExportOptions& options,
                                                           io::NewFile& file) {
    JournalSqlite database(file.temporary_path());
    engine::JournalResult<engine::ExportedJournal> exported =
        engine::export_journal(from, database, options.journal);
    if (exported) {
        database.finish(*exported);
    }
    return exported;
}

void publish(io::NewFile& file, const std::string& path, ExportTarget::Kind target) {
    if (const std::error_code error = file.file().sync()) {
        throw_output_error(path, "fsync", error);
    }
    bool is_published = false;
    const std::error_code error = target == ExportTarget::Kind::file
                                      ? file.publish_over(is_published)
                                      : file.publish(is_published);
    if (error) {
        throw_output_error(
            path,
            is_published ? "the export was written, but fsync of its folder" : "rename",
            error);
    }
}

engine::JournalResult<engine::ExportedJournal> write_export(io::AppendFile& from,
                                                            const ExportOptions& options,
                                                            ExportTarget::Kind target) {
    if (target == ExportTarget::Kind::stream) {
        return write_stream(from, options);
    }
    const std::string& path = options.path();
    log_orphaned_temp_files(path);
    std::unique_ptr<io::NewFile> file;
    if (const std::error_code error = io::NewFile::create(path, file)) {
        throw_output_error(path, "open", error);
    }
    engine::JournalResult<engine::ExportedJournal> exported =
        options.sqlite ? fill_sqlite(from, options, *file)
                       : fill_csv(from, options, JournalCsv(file->file()));
    if (exported) {
        publish(*file, path, target);
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
                            counted(exported.jobs, "job"),
                            counted(exported.records, "record")));
    if (exported.jobs_without_records > 0) {
        log_message(
            fmt::format("{} without records are not in the export, because a journal records a job "
                        "only once it has started. `keyferry plan FLEET --list-jobs` lists them",
                        counted(exported.jobs_without_records, "job")));
    }
}

/// Returns the error in the options; empty if they are valid.
std::string usage_error(const ExportOptions& options) {
    if (options.csv.has_value() == options.sqlite.has_value()) {
        return "choose an output: --csv or --sqlite FILE";
    }
    const std::string& path = options.path();
    if (options.sqlite && path.empty()) {
        return "--sqlite requires a file name";
    }
    if (options.json && path.empty()) {
        return "--json and CSV cannot share standard output: name a file, --csv=FILE";
    }
    return {};
}

int export_to(const ExportOptions& options) {
    if (const std::string problem = usage_error(options); !problem.empty()) {
        log_message(problem);
        return exit_usage;
    }
    ExportTarget target;
    if (options.path().empty()) {
        target.kind = ExportTarget::Kind::stream;
    } else {
        target = inspect_target(options.path(), options.force);
    }
    if (options.sqlite && target.kind == ExportTarget::Kind::stream) {
        target.refusal = options.path() + " is not a regular file, which --sqlite requires";
    }
    if (!target.refusal.empty()) {
        log_message(target.refusal);
        return exit_usage;
    }
    std::unique_ptr<io::PosixAppendFile> from;
    if (const std::error_code error = io::PosixAppendFile::open(
            options.journal, io::PosixAppendFile::Access::read_only, from)) {
        log_message(engine::journal_io_problem(options.journal, "open", error).text);
        return exit_journal;
    }
    if (const std::string problem = source_problem(*from, options.path()); !problem.empty()) {
        log_message(problem);
        return exit_usage;
    }
    const engine::JournalResult<engine::ExportedJournal> exported =
        write_export(*from, options, target.kind);
    if (!exported) {
        log_message(exported.error().text);
        return exit_journal;
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
    command.flag("--force", options->force, "Overwrite an existing file");
    command.flag("--json", options->json, "Print a summary as one JSON object");
    command.on_run([options] { return export_to(*options); });
}

}  // namespace keyferry::cli
