// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/sync_session.hpp"

#include "engine/journal/format/text.hpp"
#include "engine/journal/read/header.hpp"
#include "engine/journal/read/open.hpp"
#include "engine/sync/change_records.hpp"
#include "engine/sync/sync_run.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/run/earlier_syncs.hpp"
#include "tools/keyferry/run/fleet_journals.hpp"
#include "tools/keyferry/run/journal_watch.hpp"
#include "tools/keyferry/run/journaled_session.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_error.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/refusal_notes.hpp"
#include "tools/keyferry/terminal/rerun_command.hpp"
#include "tools/keyferry/terminal/scope_note.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <utility>

namespace keyferry::cli {

namespace {

/// The default path, such as "fleet.sync-20261124T180000123Z.journal", next to the spec or next to
/// the journal of the sync to undo. Includes milliseconds, because another sync may start within a
/// second.
std::string journal_path(const SyncOptions& options, io::WallTime now) {
    if (!options.journal.empty()) {
        return options.journal;
    }
    std::string stamp;
    for (const char c : engine::journal_time(now)) {
        if (c != '-' && c != ':' && c != '.') {
            stamp += c;
        }
    }
    std::filesystem::path path(options.fleet);
    if (path.empty()) {
        path = options.undo.front();
        path.replace_extension();
        const std::string kind = path.extension().string();
        if (!kind.starts_with(".sync-") && !kind.starts_with(".undo-")) {
            path += ".journal";  // the user chose the name
        }
    }
    path.replace_extension(fmt::format(".{}-{}.journal", name_of(options.verb()), stamp));
    return path.string();
}

/// `retried` is the number of refused calls that are retried.
std::string progress_of(const engine::SyncRun& run, std::uint64_t retried, bool as_json) {
    const engine::SyncCounts at = run.counts();
    if (as_json) {
        return fmt::format(R"({{"changes":{},"made":{},"failed":{},"retried_refusals":{}}})",
                           at.changes,
                           at.made,
                           at.failed,
                           retried);
    }
    std::string text = fmt::format("{} of {} made, {} failed",
                                   planner::with_thousands(at.made),
                                   planner::counted(at.changes, "change"),
                                   planner::with_thousands(at.failed));
    for (const auto& [count, name] :
         {std::pair(at.unknown, "unknown"), std::pair(at.deferred, "deferred")}) {
        if (count > 0) {
            text += fmt::format(", {} {}", planner::with_thousands(count), name);
        }
    }
    if (retried > 0) {
        text += fmt::format(", {} refused and retried", planner::with_thousands(retried));
    }
    return text;
}

/// State of one sync or undo.
class SyncSession {
  public:
    /// All arguments must outlive this.
    SyncSession(const planner::RunSettings& settings,
                const SyncReport& report,
                engine::OpenedJournal& journal,
                KmsSession& kms)
        : session_(journal, report.journal, kms.style(), kms.io(), kms.clock()),
          calls_(settings,
                 kms.kms().client(),
                 kms.clock(),
                 kms.io().get_executor(),
                 std::random_device{}()),
          run_(report.changes,
               calls_,
               session_.writer(),
               kms.clock(),
               settings.wait.doubt_timeout,
               kms.io().get_executor()),
          refusals_(session_.style()) {
        calls_.share_quota_use(kms.kms().quota_use());
        calls_.on_scope_news(
            [this](const engine::ScopeNews& news) { show_scope_news(session_.style(), news); });
        calls_.on_retried_refusal(
            [this](const engine::RetriedRefusal& refusal) { refusals_.show(refusal); });
    }

    /// Runs to completion. Rethrows exceptions from calls.
    void run() {
        JournaledWork work;
        work.run = [this] {
            return run_.run();
        };
        work.stop = [this] {
            calls_.stop();
        };
        work.is_ending = [this] {
            return calls_.was_stopped() || run_.counts().not_tried() == 0;
        };
        work.in_flight = [this] {
            return run_.in_flight();
        };
        work.remainder = [this] {
            return planner::counted(run_.in_flight(), "change") + " in flight";
        };
        work.progress = [this](bool as_json, std::chrono::seconds /*stalled*/) {
            return progress_of(run_, calls_.retried_refusals(), as_json);
        };
        work.stopped_at_once =
            "stopped immediately; the journal records the changes in flight. Run the same command "
            "again to compare the replicas again";
        session_.run(std::move(work));
    }

    const engine::SyncRun& changes() const noexcept { return run_; }
    std::string refusal() const { return calls_.refusal(); }
    const JournaledSession& session() const noexcept { return session_; }

  private:
    JournaledSession session_;
    engine::RepeatableCalls calls_;
    engine::SyncRun run_;
    RefusalNotes refusals_;
};

/// Creates the journal and saves the values before the changes in it.
engine::OpenedJournal open_sync_journal(const SyncReport& report,
                                        const SyncOptions& options,
                                        const KmsAccess& kms,
                                        io::WallTime now) {
    engine::JournalHeader header =
        engine::changes_header(report.changes, options.verb(), report.fleet, kToolVersion);
    header.simulated = kms.is_simulated();
    header.access = kms.journal_access();
    engine::JournalResult<engine::OpenedJournal> journal = engine::open_journal(
        report.journal,
        header,
        engine::run_of_this_process(
            kToolVersion, kms.caller_arns(), planner::filter_text(options.filter.filter)),
        now,
        nullptr,
        engine::IfJournalExists::refuse);
    std::optional<engine::JournalProblem> problem;
    if (!journal) {
        problem = journal.error();
    } else {
        problem = engine::write_change_records(
            *journal->file, report.changes, now, report.journal, journal->start);
        if (problem) {
            std::error_code ignored;
            std::filesystem::remove(report.journal, ignored);  // no changes were made with it
        }
    }
    if (problem) {
        CommandError error = journal_error(*problem);
        error.add_line("nothing was changed, because the previous values could not be saved");
        throw error;
    }
    return *std::move(journal);
}

/// What to do after an interruption or a failure of the journal.
std::string continuation_text(engine::JournalVerb verb, const SyncReport& report) {
    if (verb == engine::JournalVerb::undo) {
        return "run the same command again: it compares the replicas with the journals again and "
               "makes the remaining changes";
    }
    return fmt::format(
        "run the same command again: it compares the replicas with the spec again and makes the "
        "remaining changes, in a new journal{}",
        report.journal.empty()
            ? ""
            : ". To restore the previous values instead: " + undo_command(report));
}

/// The command that makes the remaining changes. It writes its own journal.
std::string rerun_text(const SyncOptions& options) {
    return "To resume: " + rerun_command(without_option(options.words, "--journal"));
}

/// Throws CommandError if the changes were not completed, but not if a stop was requested after the
/// last change.
void check_completed(const SyncSession& session,
                     const std::string& continuation,
                     const std::string& rerun) {
    const engine::SyncCounts counts = session.changes().counts();
    std::optional<CommandError> error =
        session.session().cut_short({.calls = "changes",
                                     .unfinished = "the command before all changes were made",
                                     .continuation = continuation},
                                    session.refusal(),
                                    counts.made == counts.changes);
    if (!error) {
        return;
    }
    if (error->exit_code() == exit_interrupted) {
        error->add_line(rerun);
    }
    throw CommandError(*std::move(error));
}

void print_report(const SyncOptions& options, const SyncReport& report) {
    write_stdout(options.json ? sync_report_json(report) : sync_report_text(report));
}

/// Throws CommandError if another sync or undo is running, or has changed replicas since they were
/// read (after `began`).
void check_is_only_one(const FleetJournals& others, std::optional<io::WallTime> began) {
    if (const std::string running = others.running(); !running.empty()) {
        throw CommandError(
            exit_journal_held,
            fmt::format("another sync or undo of this fleet is running and using the journal "
                        "{}; nothing was changed. Wait until it ends",
                        running));
    }
    if (const std::string later = began ? others.written_after(*began) : ""; !later.empty()) {
        throw CommandError(
            exit_journal_held,
            fmt::format("another sync or undo, with the journal {}, has changed this fleet since "
                        "this command read it; nothing was changed. Run the command again",
                        later));
    }
}

/// Logs a note if later syncs and undos of the fleet will not find the journal. They search only
/// the folder of the spec or of the journal to undo.
void note_if_elsewhere(const SyncOptions& options, const std::string& journal) {
    const auto folder_of = [](const std::string& path) {
        const std::filesystem::path folder = std::filesystem::path(path).parent_path();
        std::error_code ignored;
        return std::filesystem::weakly_canonical(folder.empty() ? "." : folder, ignored);
    };
    const std::string& beside = options.fleet.empty() ? options.undo.front() : options.fleet;
    if (folder_of(journal) != folder_of(beside)) {
        log_message(
            fmt::format("{} is not in the folder of {}, so another sync or undo will not find it "
                        "unless its own --journal is in the same folder. Do not start one until 30 "
                        "seconds after this one has ended",
                        journal,
                        beside));
    }
}

/// Writes a journal with the previous values, makes the changes and prints the report.
int make_changes(const SyncOptions& options,
                 const planner::RunSettings& settings,
                 SyncReport report,
                 KmsSession& kms,
                 const Comparison& comparison) {
    const io::WallTime now = kms.clock().wall_now();
    report.journal = journal_path(options, now);
    FleetJournals others(options, report.fleet, kms.kms());
    check_is_only_one(others, comparison.began);
    if (options.journal.empty()) {
        report.journals_before = find_interrupted(report.journal, report.fleet, options.verb());
    }
    engine::OpenedJournal journal = open_sync_journal(report, options, kms.kms(), now);
    try {
        // Check again, now that other processes can see the new journal.
        others.ignore(report.journal);
        check_is_only_one(others, comparison.began);
    } catch (const CommandError&) {
        std::error_code ignored;
        std::filesystem::remove(report.journal, ignored);  // nothing was done under it
        throw;
    }
    log_message(fmt::format("{} to {}; journal {}",
                            planner::counted(report.changes.size(), "change"),
                            planner::counted(report.replicas(), "replica"),
                            report.journal));
    note_if_elsewhere(options, report.journal);
    SyncSession session(settings, report, journal, kms);
    session.run();
    if (!session.session().journal_failure()) {
        // If this fails, the space is lost only until the file is removed.
        static_cast<void>(engine::release_reserved_space(*journal.file));
    }
    report.run = &session.changes();
    const std::string path = report.journal;
    if (was_replaced(*journal.file)) {
        log_replaced_journal(path, "an undo needs this file, which contains the previous values");
        report.journal.clear();
    }
    print_report(options, report);
    check_completed(session, continuation_text(options.verb(), report), rerun_text(options));
    return combined_exit_code(exit_code_of(session.changes()), comparison.exit_code);
}

}  // namespace

int report_or_make_changes(const SyncOptions& options,
                           const planner::RunSettings& settings,
                           SyncReport report,
                           KmsSession& session,
                           const Comparison& comparison) {
    const std::size_t changes = report.changes.size();
    if (options.changes_max && changes > *options.changes_max) {
        if (options.dry_run) {
            print_report(options, report);
        }
        throw CommandError(
            exit_changes,
            fmt::format("{} --max-changes {}; nothing was changed{}",
                        planner::counted(changes, "change exceeds", "changes exceed"),
                        planner::with_thousands(*options.changes_max),
                        options.dry_run ? "" : ". Use --dry-run to show them"));
    }
    if (changes > 0 && !options.dry_run) {
        return make_changes(options, settings, std::move(report), session, comparison);
    }
    print_report(options, report);
    const bool reports_changes = options.detailed_exitcode && changes > 0;
    return reports_changes ? exit_changes : comparison.exit_code;
}

void check_may_change_fleet(const SyncOptions& options,
                            const std::string& fleet,
                            const KmsAccess& kms) {
    if (!options.dry_run) {
        check_is_only_one(FleetJournals(options, fleet, kms), std::nullopt);
    }
}

}  // namespace keyferry::cli
