#include "engine/journal_export.hpp"
#include "io/file/posix_append_file.hpp"
#include "io/file/replace_file.hpp"
#include "planner/text_table.hpp"
#include "tools/keyferry/answer.hpp"
#include "tools/keyferry/exit_codes.hpp"
#include "tools/keyferry/journal_commands.hpp"
#include "tools/keyferry/journal_csv.hpp"
#include "tools/keyferry/journal_sqlite.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace keyferry {

namespace {

struct ExportOptions {
    std::string journal;
    std::optional<std::string> csv;  ///< empty: standard output
    std::optional<std::string> sqlite;
    bool force = false;
    bool json = false;
};

constexpr const char* kFooter = R"(Examples:
  keyferry journal export fleet.journal --csv > fleet.csv
  keyferry journal export fleet.journal --csv=fleet.csv
      One line a job: key, Region, outcome, attempts, times, and KMS's code, message and request id.
  keyferry journal export fleet.journal --sqlite fleet.db
  sqlite3 fleet.db 'SELECT region, code, count(*) FROM jobs WHERE outcome = "failed" GROUP BY 1, 2'
      Tables: journal, jobs, runs, records.

A journal names a job when it is begun: jobs without a record are counted, not listed. In the CSV a text
that a spreadsheet would take for a formula (=, +, -, @, tab or CR first) has a ' in front.
The run may be going on. Exit code: 0 done; 1 the output cannot be written; 3 usage; 74 the journal is
damaged, not a journal, or cannot be read.)";

/// The file that is being made: gets its name when it is whole, and goes away otherwise.
class UnfinishedFile {
  public:
    explicit UnfinishedFile(std::string path) : path_(std::move(path)) {
        std::error_code ignored;
        std::filesystem::remove(name(), ignored);  // of an export that was killed
        check("open", PosixAppendFile::create(name(), file_));
    }
    ~UnfinishedFile() {
        std::error_code ignored;
        std::filesystem::remove(name(), ignored);
    }
    UnfinishedFile(const UnfinishedFile&) = delete;
    UnfinishedFile& operator=(const UnfinishedFile&) = delete;

    std::string name() const { return path_ + ".unfinished"; }

    void finish(bool may_replace) {
        check("fsync", file_->sync());
        if (may_replace) {
            std::filesystem::rename(name(), path_);
            check("fsync of the folder", sync_folder_of(path_));
        } else {
            bool is_published = false;
            check("rename", publish_file(name(), path_, is_published));
        }
    }

  private:
    void check(std::string_view operation, std::error_code error) const {
        if (error) {
            throw std::runtime_error(
                fmt::format("{}: {} failed: {}", path_, operation, error.message()));
        }
    }

    std::string path_;
    std::unique_ptr<PosixAppendFile> file_;
};

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

JournalResult<ExportedJournal> write_csv(AppendFile& from,
                                         const ExportOptions& options,
                                         const std::string& path) {
    std::unique_ptr<std::FILE, CloseFile> file;
    if (!path.empty()) {
        file.reset(std::fopen(path.c_str(), "we"));
        if (!file) {
            throw std::runtime_error(path + ": " + std::generic_category().message(errno));
        }
    }
    JournalCsv csv(file ? file.get() : stdout);
    JournalResult<ExportedJournal> exported = export_journal(from, csv, options.journal);
    csv.finish();
    return exported;
}

JournalResult<ExportedJournal> write_sqlite(AppendFile& from,
                                            const ExportOptions& options,
                                            const std::string& path) {
    JournalSqlite database(path);
    JournalResult<ExportedJournal> exported = export_journal(from, database, options.journal);
    if (exported) {
        database.finish(*exported);
    }
    return exported;
}

JournalResult<ExportedJournal> write_export(AppendFile& from, const ExportOptions& options) {
    const std::string& path = options.sqlite ? *options.sqlite : *options.csv;
    if (path.empty()) {
        return write_csv(from, options, path);
    }
    UnfinishedFile unfinished(path);
    JournalResult<ExportedJournal> exported = options.sqlite
                                                  ? write_sqlite(from, options, unfinished.name())
                                                  : write_csv(from, options, unfinished.name());
    if (exported) {
        unfinished.finish(options.force);
    }
    return exported;
}

std::string summary_json(const ExportedJournal& exported, const ExportOptions& options) {
    boost::json::object object;
    object["format"] = "keyferry-journal-export-1";
    object["journal"] = options.journal;
    object["out"] = options.sqlite ? *options.sqlite : *options.csv;
    object["kind"] = options.sqlite ? "sqlite" : "csv";
    object["records"] = exported.records;
    object["runs"] = exported.replay.runs_total();
    object["jobs"] = exported.jobs;
    object["jobs_exported"] = exported.rows;
    object["jobs_without_records"] = exported.jobs_without_records;
    return boost::json::serialize(object) + "\n";
}

void tell(const ExportedJournal& exported, const ExportOptions& options) {
    if (options.json) {
        print_answer(summary_json(exported, options));
        return;
    }
    print_note(fmt::format("exported {} of {} jobs from {} records",
                           with_thousands(exported.rows),
                           with_thousands(exported.jobs),
                           with_thousands(exported.records)));
    if (exported.jobs_without_records > 0) {
        print_note(
            fmt::format("{} jobs are not in the export: they have no record yet, and a "
                        "journal does not name jobs that were not begun; `keyferry plan "
                        "FLEET --list-jobs` does",
                        with_thousands(exported.jobs_without_records)));
    }
}

/// What is wrong with the options; empty when all is well.
std::string usage_problem(const ExportOptions& options) {
    if (options.csv.has_value() == options.sqlite.has_value()) {
        return "say what to make: --csv or --sqlite FILE";
    }
    const std::string& path = options.sqlite ? *options.sqlite : *options.csv;
    if (options.sqlite && path.empty()) {
        return "--sqlite needs the name of a file";
    }
    if (options.json && path.empty()) {
        return "--json would mix with the CSV on standard output: name a file, --csv=FILE";
    }
    std::error_code ignored;
    if (!options.force && !path.empty() &&
        std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
        return path + " exists; --force writes over it";
    }
    return {};
}

int export_to(const ExportOptions& options) {
    if (const std::string problem = usage_problem(options); !problem.empty()) {
        print_note(problem);
        return exit_usage;
    }
    std::unique_ptr<PosixAppendFile> from;
    if (const std::error_code error =
            PosixAppendFile::open(options.journal, PosixAppendFile::Access::read_only, from)) {
        print_note(journal_io_problem(options.journal, "open", error).text);
        return exit_journal;
    }
    const JournalResult<ExportedJournal> exported = write_export(*from, options);
    if (!exported) {
        print_note(exported.error().text);
        return exit_journal;
    }
    tell(*exported, options);
    return exit_done;
}

}  // namespace

void add_journal_export_command(CLI::App& app, CommandBody& body) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command =
        app.add_subcommand("export", "Write a journal's jobs as CSV or as an SQLite database");
    command->footer(kFooter);
    command->add_option("JOURNAL", options->journal, "The journal of a run")->required();
    CLI::Option* csv = command
                           ->add_option_function<std::string>(
                               "--csv",
                               [options](const std::string& file) { options->csv = file; },
                               "Write CSV, to FILE (as --csv=FILE) or to standard output")
                           ->expected(0, 1)
                           ->type_name("[FILE]");
    command->add_option("--sqlite", options->sqlite, "Write an SQLite database")
        ->type_name("FILE")
        ->excludes(csv);
    command->add_flag("--force", options->force, "Write over a file that exists");
    command->add_flag("--json", options->json, "A summary as one JSON object on standard output");
    command->callback([&body, options] {
        body = [options] {
            return export_to(*options);
        };
    });
}

}  // namespace keyferry
