// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/open.hpp"
#include "engine/journal/repair/compact.hpp"
#include "engine/journal/repair/rewrite.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/journal_commands.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_error.hpp"
#include "tools/keyferry/terminal/orphaned_files_note.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>

namespace keyferry::cli {

namespace {

struct CompactOptions {
    std::string journal;
    bool json = false;
};

constexpr const char* kJournalCompactFooter = R"(Examples:
  keyferry journal compact fleet.journal
      Keep one record per finished job and all records of other jobs and of runs, in order and with
      their timestamps. 'keyferry status' and a rerun give the same results as before.

The command fails while a run is using the journal. The previous file is kept as fleet.journal.old
(.old-2, ...); remove it when you no longer need the full history. A crash at any point leaves a
usable journal, and possibly a file fleet.journal.unfinished-..., which the next compact or verify
reports.

Exit codes: 0 done; 74 damaged, not a journal or not writable; 75 in use. With 74 the journal is
unchanged, unless the message says that it was replaced and only the sync of its folder failed.)";

io::WallTime wall_now() {
    return std::chrono::time_point_cast<io::WallTime::duration>(std::chrono::system_clock::now());
}

std::string compacted_text(const engine::CompactedJournal& compacted,
                           const std::string& path,
                           const std::string& kept_as) {
    std::string text =
        fmt::format("{}: {} and {} (before: {} and {}), {} done\n  previous file: {}\n",
                    io::terminal_line(path),
                    planner::counted(compacted.bytes, "byte"),
                    planner::counted(compacted.records, "record"),
                    planner::counted(compacted.bytes_before, "byte"),
                    planner::counted(compacted.records_before, "record"),
                    planner::counted(compacted.jobs_done, "job"),
                    io::terminal_line(kept_as));
    if (compacted.torn_bytes > 0) {
        text += fmt::format("  removed an incomplete write of {} at the end\n",
                            planner::counted(compacted.torn_bytes, "byte"));
    }
    return text;
}

std::string compacted_json(const engine::CompactedJournal& compacted,
                           const std::string& path,
                           const std::string& kept_as) {
    boost::json::object object;
    object["format"] = "keyferry-journal-compact-1";
    object["journal"] = path;
    object["kept_as"] = kept_as;
    object["bytes_before"] = compacted.bytes_before;
    object["bytes"] = compacted.bytes;
    object["records_before"] = compacted.records_before;
    object["records"] = compacted.records;
    object["jobs_done"] = compacted.jobs_done;
    object["torn_bytes"] = compacted.torn_bytes;
    return boost::json::serialize(object) + "\n";
}

int compact(const CompactOptions& options) {
    const engine::JournalResult<std::unique_ptr<io::AppendFile>> locked =
        engine::lock_journal(options.journal);
    if (!locked) {
        throw journal_error(locked.error());
    }
    log_orphaned_temp_files(options.journal);
    engine::CompactedJournal compacted;
    const auto fill = [&](io::AppendFile& file) -> std::optional<engine::JournalProblem> {
        const engine::JournalResult<engine::CompactedJournal> result =
            engine::compact_journal(**locked, file, wall_now(), options.journal);
        if (!result) {
            return result.error();
        }
        compacted = *result;
        return std::nullopt;
    };
    const engine::JournalResult<std::string> kept_as =
        engine::replace_journal(options.journal, fill);
    if (!kept_as) {
        throw CommandError(exit_journal, kept_as.error().text);
    }
    write_stdout(options.json ? compacted_json(compacted, options.journal, *kept_as)
                              : compacted_text(compacted, options.journal, *kept_as));
    return exit_done;
}

}  // namespace

void add_journal_compact_command(Command& parent) {
    auto options = std::make_shared<CompactOptions>();
    Command command = parent.command("compact", "Compact a journal, keeping the previous file");
    command.footer(kJournalCompactFooter);
    command.argument("JOURNAL", options->journal, "Journal of a run");
    command.flag("--json", options->json, "Print one JSON object");
    command.on_run([options] { return compact(*options); });
}

}  // namespace keyferry::cli
