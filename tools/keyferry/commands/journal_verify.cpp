// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/text.hpp"
#include "engine/journal/read/rewrite_text.hpp"
#include "engine/journal/repair/check.hpp"
#include "engine/sync/recorded_changes.hpp"
#include "io/file/orphaned_temp_files.hpp"
#include "io/file/posix_append_file.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/journal_commands.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/orphaned_files_note.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace keyferry::cli {

namespace {

namespace json = boost::json;

struct VerifyOptions {
    std::string journal;
    bool json = false;
};

constexpr const char* kJournalVerifyFooter = R"(Examples:
  keyferry journal verify fleet.journal
      Read every byte and report whether the journal is intact, ends with an incomplete record
      (harmless) or is damaged, and where the damage is.
  keyferry journal verify fleet.journal --json | jq .state

Takes no lock, modifies nothing and does not affect an active run. Also lists files that an
interrupted compact, salvage or run --replan left next to the journal.

Exit codes: 0 intact, empty, or with an incomplete last record, which the next run repairs; 74
damaged, not a journal, written by a later version, or not readable, or the journal of a sync whose
recorded previous values do not match its changes.)";

std::string accounts_text(const engine::JournalHeader& header) {
    std::string text;
    for (const std::string& account : header.accounts) {
        text += (text.empty() ? "" : ", ") + io::terminal_line(account);
    }
    return header.accounts_total > header.accounts.size() ? text + ", ..." : text;
}

std::string access_text(const engine::JournalAccess& access) {
    std::string text = access.endpoint == engine::JournalAccess::Endpoint::custom
                           ? "endpoint " + io::terminal_line(access.origin)
                       : access.endpoint == engine::JournalAccess::Endpoint::aws
                           ? "AWS endpoints"
                           : "endpoint unknown";
    for (const engine::JournalAccess::Caller& caller : access.callers) {
        text += fmt::format(", {} as {}",
                            io::terminal_line(caller.account),
                            caller.arn.empty() ? "(unknown)" : io::terminal_line(caller.arn));
    }
    return text;
}

std::string records_text(const engine::JournalCheck& check) {
    std::string text;
    for (std::size_t index = 0; index < check.records.size(); ++index) {
        if (check.records[index] > 0) {
            text += fmt::format("{}{} {}",
                                text.empty() ? "" : ", ",
                                planner::with_thousands(check.records[index]),
                                name_of(static_cast<engine::JournalEvent>(index)));
        }
    }
    if (check.records_skipped > 0) {
        text +=
            fmt::format(", {} from later versions", planner::with_thousands(check.records_skipped));
    }
    return text;
}

std::string jobs_text(const engine::JournalReplay& replay) {
    std::string text;
    for (std::size_t index = 0; index < engine::kJobPhases; ++index) {
        const auto phase = static_cast<engine::JobPhase>(index);
        if (replay.counts().of(phase) > 0) {
            text += fmt::format("{}{} {}",
                                text.empty() ? "" : ", ",
                                planner::with_thousands(replay.counts().of(phase)),
                                name_of(phase));
        }
    }
    return text;
}

std::string last_run_text(const engine::JournalCheck& check) {
    if (check.replay.runs().empty()) {
        return {};
    }
    const engine::ReplayedRun& run = check.replay.runs().back();
    const bool is_live = check.held && run.end.empty();
    return fmt::format("; the last is process {} on {}, started {}, {}",
                       run.process.pid,
                       io::terminal_line(run.process.host),
                       engine::journal_time(run.started),
                       is_live ? "still active"
                       : run.end.empty()
                           ? fmt::format("killed after {}", engine::journal_time(run.last_record))
                           : "ended: " + io::terminal_line(run.end));
}

/// If the journal's records are intact but its sync cannot be undone, returns the reason. A journal
/// that a process is writing to is not examined.
std::optional<std::string> undo_problem(const engine::JournalCheck& check,
                                        const std::string& path) {
    if (check.scan.tail.next_sequence == 0 || !check.is_usable() || check.held ||
        check.replay.header().verb == engine::JournalVerb::run) {
        return std::nullopt;
    }
    std::unique_ptr<io::PosixAppendFile> file;
    if (const std::error_code error =
            io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_only, file)) {
        return engine::journal_io_problem(path, "open", error).text;
    }
    planner::SharedTexts texts;
    const auto changes = engine::read_recorded_changes(*file, path, texts);
    return changes ? std::nullopt : std::optional(changes.error().text);
}

/// The result of the command.
struct Verdict {
    bool is_usable = false;
    std::string text;
};

std::string check_text(const engine::JournalCheck& check,
                       const Verdict& verdict,
                       const std::string& path) {
    const bool is_intact = check.scan.state == engine::JournalState::whole;
    std::string text = fmt::format(
        "{}: {}\n", io::terminal_line(path), is_intact ? "intact" : name_of(check.scan.state));
    text += planner::wrapped("  ", io::terminal_line(verdict.text), planner::kTextColumnsMax);
    for (const std::string& file : io::orphaned_temp_files(path)) {
        text += planner::wrapped(
            "  ", io::terminal_line(orphaned_file_text(file)), planner::kTextColumnsMax);
    }
    if (check.scan.tail.next_sequence == 0) {
        return text;
    }
    const engine::JournalReplay& replay = check.replay;
    const engine::JournalHeader& header = replay.header();
    if (!check.is_usable()) {
        text += "  Up to the damage:\n";
    }
    const bool is_of_run = header.verb == engine::JournalVerb::run;
    text += fmt::format("  {:<9} fleet \"{}\"{}, {}, sha256 {}\n",
                        is_of_run ? "plan" : name_of(header.verb),
                        io::terminal_line(header.fleet),
                        header.simulated ? ", simulated" : "",
                        planner::counted(header.jobs, is_of_run ? "job" : "change"),
                        io::terminal_line(header.plan_sha256));
    text += fmt::format("  account   {}, partition {}\n",
                        accounts_text(header),
                        io::terminal_line(header.partition));
    if (header.access.is_known()) {
        text +=
            planner::wrapped("  access    ", access_text(header.access), planner::kTextColumnsMax);
    }
    text += planner::wrapped(
        "  records   ",
        fmt::format(
            "{}: {}", planner::with_thousands(check.scan.tail.next_sequence), records_text(check)),
        planner::kTextColumnsMax);
    text += planner::wrapped(
        is_of_run ? "  jobs      " : "  changes   ", jobs_text(replay), planner::kTextColumnsMax);
    text += planner::wrapped("  runs      ",
                             planner::with_thousands(replay.runs_total()) + last_run_text(check),
                             planner::kTextColumnsMax);
    for (const engine::JournalRewrite& rewrite : replay.rewrites()) {
        text += planner::wrapped("  rewritten ",
                                 io::terminal_line(engine::rewrite_text(rewrite)),
                                 planner::kTextColumnsMax);
    }
    if (engine::is_lossy(replay.loss())) {
        text += planner::wrapped(
            "  lost      ", engine::loss_text(replay.loss()), planner::kTextColumnsMax);
    }
    return text;
}

json::object check_json(const engine::JournalCheck& check,
                        const Verdict& verdict,
                        const std::string& path) {
    json::object object;
    object["format"] = "keyferry-journal-verify-1";
    object["journal"] = path;
    object["state"] = name_of(check.scan.state);
    object["usable"] = verdict.is_usable;
    object["verdict"] = verdict.text;
    object["held"] = check.held;
    object["bytes"] = check.scan.bytes;
    object["good_bytes"] = check.scan.good_bytes;
    const std::vector<std::string> left = io::orphaned_temp_files(path);
    object["left_unfinished"] = json::array(left.begin(), left.end());
    object["records"] = check.scan.tail.next_sequence;
    if (check.scan.state == engine::JournalState::damaged) {
        object["damaged_record"] = check.scan.tail.next_sequence;
        object["proof_record"] = check.scan.proof_sequence;
    }
    if (check.scan.tail.next_sequence == 0) {
        return object;
    }
    const engine::JournalReplay& replay = check.replay;
    const engine::JournalHeader& header = replay.header();
    object["version"] = header.version;
    object["verb"] = name_of(header.verb);
    object["plan_sha256"] = header.plan_sha256;
    object["fleet"] = header.fleet;
    object["accounts"] = json::array(header.accounts.begin(), header.accounts.end());
    object["partition"] = header.partition;
    object["simulated"] = header.simulated;
    json::object& access = object["access"].emplace_object();
    access["endpoint"] = name_of(header.access.endpoint);
    access["origin"] = header.access.origin;
    json::object& callers = access["callers"].emplace_object();
    for (const engine::JournalAccess::Caller& caller : header.access.callers) {
        callers[caller.account] = caller.arn;
    }
    object["jobs"] = header.jobs;
    json::object& events = object["records_by_event"].emplace_object();
    for (std::size_t index = 0; index < check.records.size(); ++index) {
        events[name_of(static_cast<engine::JournalEvent>(index))] = check.records[index];
    }
    events["(later versions)"] = check.records_skipped;
    json::object& phases = object["jobs_by_phase"].emplace_object();
    for (std::size_t index = 0; index < engine::kJobPhases; ++index) {
        const auto phase = static_cast<engine::JobPhase>(index);
        const bool is_not_started = phase == engine::JobPhase::not_started;
        phases[is_not_started ? "not_started" : name_of(phase)] = replay.counts().of(phase);
    }
    object["runs"] = replay.runs_total();
    json::array& rewrites = object["rewrites"].emplace_array();
    for (const engine::JournalRewrite& rewrite : replay.rewrites()) {
        rewrites.push_back(engine::rewrite_json(rewrite));
    }
    object["lost_records"] = replay.loss().records;
    object["lost_bytes"] = replay.loss().bytes;
    return object;
}

int verify(const VerifyOptions& options) {
    const engine::JournalResult<engine::JournalCheck> check =
        engine::check_journal(options.journal);
    if (!check) {
        throw CommandError(exit_journal, check.error().text);
    }
    const std::optional<std::string> problem = undo_problem(*check, options.journal);
    Verdict verdict;
    verdict.is_usable = check->is_usable() && !problem;
    verdict.text = problem ? *problem : engine::verdict_text(*check, options.journal);
    write_stdout(options.json ? json::serialize(check_json(*check, verdict, options.journal)) + "\n"
                              : check_text(*check, verdict, options.journal));
    return verdict.is_usable ? exit_done : exit_journal;
}

}  // namespace

void add_journal_verify_command(Command& parent) {
    auto options = std::make_shared<VerifyOptions>();
    Command command = parent.command("verify", "Check a journal for damage");
    command.footer(kJournalVerifyFooter);
    command.argument("JOURNAL", options->journal, "Journal of a run, sync or undo");
    command.flag("--json", options->json, "Print one JSON object");
    command.on_run([options] { return verify(*options); });
}

}  // namespace keyferry::cli
