// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/undo_sync.hpp"

#include "engine/journal/read/binding.hpp"
#include "engine/sync/recorded_changes.hpp"
#include "engine/sync/undo_reads.hpp"
#include "io/clock/steady_clock.hpp"
#include "io/file/posix_append_file.hpp"
#include "planner/review/sync_undo.hpp"
#include "planner/summary/plan_wording.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/fleet/plan_to_run.hpp"
#include "tools/keyferry/run/sync_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_exit_code.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

/// The journals of the syncs to undo.
struct SyncJournals {
    std::string fleet;  ///< the name in the spec of the first sync
    std::vector<std::pair<std::string, engine::JournalHeader>> headers;  ///< by path
    std::vector<planner::ReplicaChange> changes;                         ///< oldest first
    std::uint64_t not_made = 0;
    io::WallTime last_record{};            ///< when a change was last sent, or later
    std::vector<engine::LostChange> lost;  ///< of the journal that is damaged
};

/// Reads the journal at `path`. A sync that is still running cannot be undone.
engine::JournalResult<engine::RecordedChanges> read_journal(const std::string& path,
                                                            planner::SharedTexts& texts) {
    std::unique_ptr<io::PosixAppendFile> file;
    if (const std::error_code error =
            io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_only, file)) {
        return engine::journal_io_problem(path, "open", error);
    }
    bool is_held = false;
    if (const std::error_code error = file->find_lock(is_held)) {
        return engine::journal_io_problem(path, "checking the lock", error);
    }
    if (is_held) {
        return engine::JournalProblem(
            engine::JournalProblem::Kind::held,
            fmt::format("journal {}: a process is using it. Wait until the sync ends, or stop it.",
                        path));
    }
    return engine::read_recorded_changes(*file, path, texts);
}

/// Returns nullopt after logging the error and setting `exit_code`.
std::optional<SyncJournals> read_journals(const SyncOptions& options,
                                          planner::SharedTexts& texts,
                                          int& exit_code) {
    std::vector<engine::RecordedChanges> recorded;
    SyncJournals journals;
    for (const std::string& path : options.undo) {
        engine::JournalResult<engine::RecordedChanges> journal = read_journal(path, texts);
        if (!journal) {
            log_message(journal.error().text);
            exit_code = journal_exit_code(journal.error().kind);
            return std::nullopt;
        }
        journals.headers.emplace_back(path, journal->header);
        journals.not_made += journal->not_made;
        journals.last_record = std::max(journals.last_record, journal->last_record);
        if (journal->damage && options.undo.size() > 1) {
            log_message(
                fmt::format("journal {} is damaged ({}), so values that were set between two "
                            "syncs may be missing. Undo the syncs one by one, the latest "
                            "first",
                            path,
                            *journal->damage));
            exit_code = exit_journal;
            return std::nullopt;
        }
        if (journal->damage) {
            log_message(fmt::format(
                "journal {} is damaged: {}. {}",
                path,
                *journal->damage,
                journal->lost.empty()
                    ? "All changes can still be undone"
                    : planner::counted(journal->lost.size(), "change", "changes") +
                          " cannot be undone for certain and will be left as they are"));
        }
        journals.lost = std::move(journal->lost);
        recorded.push_back(*std::move(journal));
    }
    std::stable_sort(recorded.begin(), recorded.end(), [](const auto& a, const auto& b) {
        return a.created < b.created;
    });
    journals.fleet = recorded.front().header.fleet;
    for (engine::RecordedChanges& journal : recorded) {
        std::move(
            journal.changes.begin(), journal.changes.end(), std::back_inserter(journals.changes));
    }
    return journals;
}

/// The settings of the spec, or the defaults without one. Returns nullopt after logging the errors.
std::optional<planner::RunSettings> read_settings(const std::string& fleet) {
    if (fleet.empty()) {
        return planner::RunSettings();
    }
    planner::FleetLoad load = read_fleet_file(fleet);
    if (load.plan) {
        return std::move(load.plan->settings);
    }
    if (load.unresolved) {
        return std::move(load.unresolved->spec.settings);
    }
    return std::nullopt;
}

FleetScope scope_of(const std::vector<planner::ChangedReplica>& replicas,
                    const planner::RunSettings& settings) {
    FleetScope scope;
    for (const planner::ChangedReplica& each : replicas) {
        scope.accounts.insert(each.replica.account);
        scope.regions.insert(each.replica.region);
    }
    scope.primaries = scope.regions;  // one of them determines the Region of STS
    scope.access = settings.accounts;
    return scope;
}

/// An emulator's replicas must not be restored in AWS. Returns false after logging the difference.
bool is_same_kms(const SyncJournals& journals, const KmsAccess& kms) {
    for (const auto& [path, header] : journals.headers) {
        if (const auto difference =
                engine::endpoint_difference(kms.journal_access(), header.access)) {
            log_message(
                fmt::format("journal {} is of a sync of another KMS: {}. Use the endpoint "
                            "of the sync.",
                            path,
                            *difference));
            return false;
        }
    }
    return true;
}

/// Reads the present values and decides what to restore. Returns nullopt after setting `exit_code`
/// if the reads were stopped.
std::optional<planner::UndoPlan> plan_undo(const std::vector<planner::ChangedReplica>& replicas,
                                           planner::SharedTexts& texts,
                                           engine::UndoReads& reads,
                                           CallSession& session,
                                           int& exit_code) {
    const auto progress = [&](bool as_json) {
        if (as_json) {
            return fmt::format(R"({{"replicas":{},"replicas_read":{},"replicas_unsettled":{}}})",
                               replicas.size(),
                               reads.replicas_read(),
                               reads.replicas_unsettled());
        }
        return fmt::format("checked {} of {} replicas{}",
                           reads.replicas_read(),
                           replicas.size(),
                           reads.replicas_unsettled() > 0
                               ? fmt::format(", {} again: they may not show the sync yet",
                                             reads.replicas_unsettled())
                               : "");
    };
    exit_code = session.run([&] { return reads.run(); }, progress);
    if (exit_code != exit_done) {
        return std::nullopt;
    }
    planner::UndoPlan plan;
    for (std::size_t index = 0; index < replicas.size(); ++index) {
        planner::add_undo(replicas[index], reads.values()[index], texts, plan);
    }
    return plan;
}

/// Changes that are lost in a damaged journal must be restored by hand.
int exit_code_of(const SyncJournals& journals) {
    return journals.lost.empty() ? exit_done : exit_jobs_failed;
}

/// No change of the journals was sent, or none of the selected parts.
void report_nothing_to_restore(const SyncOptions& options, const SyncJournals& journals) {
    const std::vector<planner::ReplicaChange> none;
    SyncReport report(journals.fleet, none);
    report.fleet_path = options.fleet;
    report.parts = options.selected_parts();
    report.undo = UndoRest{0, journals.not_made, {}, journals.lost};
    write_stdout(options.json ? sync_report_json(report) : sync_report_text(report));
}

}  // namespace

int undo_syncs(const SyncOptions& options) {
    int exit_code = exit_usage;
    planner::SharedTexts texts;
    const std::optional<SyncJournals> journals = read_journals(options, texts, exit_code);
    if (!journals) {
        return exit_code;
    }
    const std::optional<planner::RunSettings> settings = read_settings(options.fleet);
    if (!settings) {
        return exit_usage;
    }
    const std::vector<planner::ChangedReplica> replicas =
        planner::changed_replicas(journals->changes, options.selected_parts());
    if (replicas.empty()) {
        report_nothing_to_restore(options, *journals);
        return exit_code_of(*journals);
    }
    asio::io_context io{1};
    io::SteadyClock clock(io);
    const std::unique_ptr<KmsAccess> kms =
        open_kms_for(options, scope_of(replicas, *settings), io, clock, exit_code);
    if (!kms) {
        return exit_code;
    }
    if (!is_same_kms(*journals, *kms)) {
        return exit_usage;
    }
    log_message(fmt::format("checking {}: {}",
                            planner::counted(replicas.size(), "replica", "replicas"),
                            kms->description()));
    CallSession session(*settings, *kms, io, clock, progress_style(options.progress, options.json));
    engine::UndoReads reads(
        replicas,
        session.calls(),
        clock,
        engine::stale_for(journals->last_record, clock.wall_now(), settings->wait.doubt_timeout));
    std::optional<planner::UndoPlan> plan = plan_undo(replicas, texts, reads, session, exit_code);
    if (!plan) {
        return exit_code;
    }
    SyncReport report(journals->fleet, plan->changes);
    report.fleet_path = options.fleet;
    report.parts = options.selected_parts();
    report.undo =
        UndoRest{plan->unchanged, journals->not_made, std::move(plan->skipped), journals->lost};
    const int skipped =
        combined_exit_code(cli::exit_code_of(report.undo->skipped), exit_code_of(*journals));
    return report_or_make_changes(options, *settings, std::move(report), *kms, io, clock, skipped);
}

}  // namespace keyferry::cli
