// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/text.hpp"
#include "engine/journal/repair/rewrite.hpp"
#include "engine/journal/repair/salvage.hpp"
#include "io/file/posix_append_file.hpp"
#include "io/names/shell_word.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/journal_commands.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_error.hpp"
#include "tools/keyferry/terminal/orphaned_files_note.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>

namespace keyferry::cli {

namespace {

struct SalvageOptions {
    std::string journal;
    std::string out;
    bool json = false;
};

constexpr std::size_t kRangesShown = 50;
constexpr const char* kJournalSalvageFooter = R"(Examples:
  keyferry journal verify fleet.journal
      Check first whether the journal is damaged. An incomplete last record needs no salvage: the
      next run repairs it.
  keyferry journal salvage fleet.journal --out salvaged.journal
  keyferry run fleet.toml --journal salvaged.journal
      Resume the run: finished jobs stay finished, and all other jobs are checked with KMS before
      any request is sent.

The damaged file is not modified. If you have an intact copy of the journal, use that instead.
A replica whose `sent` record is lost is reported as `existed`: a run may have created it, but no
record proves this. CloudTrail's ReplicateKey events show who created it.

Exit codes: 0 salvaged; 1 nothing to salvage; 74 the journal cannot be read or has no header, or the
new file exists or cannot be written; 75 a process is using the journal.)";

std::string range_text(const engine::LostRange& range) {
    std::string text =
        fmt::format("byte {}, {}: ", range.offset, planner::counted(range.bytes, "byte"));
    if (range.is_end) {
        text += fmt::format("the end; records from {} onwards", range.first_record);
    } else if (range.records == 1) {
        text += fmt::format("record {}", range.first_record);
    } else {
        text += fmt::format(
            "records {} to {}", range.first_record, range.first_record + range.records - 1);
    }
    if (range.before) {
        text += ", after " + engine::journal_time(*range.before);
    }
    if (range.after) {
        text += ", before " + engine::journal_time(*range.after);
    }
    return text;
}

std::string salvaged_text(const engine::SalvagedJournal& salvaged, const SalvageOptions& options) {
    const engine::JobCounts& counts = salvaged.replay.counts();
    std::string text = fmt::format("{}: {} of {} salvaged\n",
                                   io::terminal_line(options.out),
                                   planner::counted(salvaged.records, "record"),
                                   io::terminal_line(options.journal));
    text += fmt::format("  lost      {}{} in {}; {} of {} not used\n",
                        planner::counted(salvaged.records_lost, "record"),
                        salvaged.end_is_lost ? ", possibly more at the end," : "",
                        planner::counted(salvaged.ranges_total, "place"),
                        planner::counted(salvaged.bytes_lost, "byte"),
                        planner::with_thousands(salvaged.bytes_before));
    for (std::size_t index = 0; index < salvaged.ranges.size() && index < kRangesShown; ++index) {
        text +=
            planner::wrapped("    ", range_text(salvaged.ranges[index]), planner::kTextColumnsMax);
    }
    if (salvaged.ranges_total > kRangesShown) {
        text += fmt::format("    ... {} more\n", salvaged.ranges_total - kRangesShown);
    }
    text += fmt::format("  jobs      {}: {} done, {} unresolved\n",
                        planner::with_thousands(salvaged.replay.header().jobs),
                        planner::with_thousands(counts.of(engine::JobPhase::done)),
                        planner::with_thousands(salvaged.jobs_in_doubt));
    return text +
           planner::wrapped(
               "  ",
               "To resume, use the command below. It asks KMS about unresolved jobs before it "
               "sends any request. A replica whose request is not recorded is reported as existed.",
               planner::kTextColumnsMax) +
           fmt::format("  keyferry run FLEET --journal {}\n", io::shell_word(options.out));
}

boost::json::object range_json(const engine::LostRange& range) {
    boost::json::object object;
    object["offset"] = range.offset;
    object["bytes"] = range.bytes;
    object["first_record"] = range.first_record;
    object["records"] = range.records;
    object["is_end"] = range.is_end;
    object["before"] = range.before ? engine::journal_time(*range.before) : "";
    object["after"] = range.after ? engine::journal_time(*range.after) : "";
    return object;
}

std::string salvaged_json(const engine::SalvagedJournal& salvaged, const SalvageOptions& options) {
    boost::json::object object;
    object["format"] = "keyferry-journal-salvage-1";
    object["journal"] = options.journal;
    object["out"] = options.out;
    object["bytes_before"] = salvaged.bytes_before;
    object["bytes_lost"] = salvaged.bytes_lost;
    object["records"] = salvaged.records;
    object["records_lost"] = salvaged.records_lost;
    object["end_is_lost"] = salvaged.end_is_lost;
    object["jobs"] = salvaged.replay.header().jobs;
    object["jobs_done"] = salvaged.replay.counts().of(engine::JobPhase::done);
    object["jobs_in_doubt"] = salvaged.jobs_in_doubt;
    object["ranges_total"] = salvaged.ranges_total;
    boost::json::array& ranges = object["ranges"].emplace_array();
    for (const engine::LostRange& range : salvaged.ranges) {
        ranges.push_back(range_json(range));
    }
    return boost::json::serialize(object) + "\n";
}

/// Opens the journal to salvage. Fails if the journal is in use, since records of the active run
/// would be lost.
std::optional<engine::JournalProblem> open_damaged(const std::string& path,
                                                   std::unique_ptr<io::PosixAppendFile>& file) {
    if (const std::error_code error =
            io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_only, file)) {
        return engine::journal_io_problem(path, "open", error);
    }
    bool held = false;
    if (const std::error_code error = file->find_lock(held)) {
        return engine::journal_io_problem(path, "checking for a lock", error);
    }
    if (held) {
        return engine::JournalProblem(engine::JournalProblem::Kind::held,
                                      fmt::format("journal {} is in use by a process. Stop that "
                                                  "process first (`keyferry status` shows it).",
                                                  path));
    }
    return std::nullopt;
}

int salvage(const SalvageOptions& options) {
    std::unique_ptr<io::PosixAppendFile> from;
    std::optional<engine::JournalProblem> problem = open_damaged(options.journal, from);
    std::optional<engine::SalvagedJournal> salvaged;
    if (!problem) {
        log_orphaned_temp_files(options.out);
        problem = engine::make_journal(
            options.out, [&](io::AppendFile& to) -> std::optional<engine::JournalProblem> {
                const io::WallTime now = std::chrono::time_point_cast<io::WallTime::duration>(
                    std::chrono::system_clock::now());
                engine::JournalResult<engine::SalvagedJournal> result =
                    engine::salvage_journal(*from, to, now, options.journal);
                if (!result) {
                    return result.error();
                }
                salvaged = *std::move(result);
                return std::nullopt;
            });
    }
    if (problem) {
        if (problem->kind == engine::JournalProblem::Kind::not_needed) {
            throw CommandError(exit_error, problem->text);
        }
        throw journal_error(*problem);
    }
    write_stdout(options.json ? salvaged_json(*salvaged, options)
                              : salvaged_text(*salvaged, options));
    return exit_done;
}

}  // namespace

void add_journal_salvage_command(Command& parent) {
    auto options = std::make_shared<SalvageOptions>();
    Command command =
        parent.command("salvage", "Write a new journal from the intact records of a damaged one");
    command.footer(kJournalSalvageFooter);
    command.argument("JOURNAL", options->journal, "Damaged journal");
    command.option("--out", options->out, "Journal to create; must not exist yet").required();
    command.flag("--json", options->json, "Print one JSON object");
    command.on_run([options] { return salvage(*options); });
}

}  // namespace keyferry::cli
