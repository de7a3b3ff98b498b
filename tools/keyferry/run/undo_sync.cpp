// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/undo_sync.hpp"

#include "engine/journal/read/binding.hpp"
#include "engine/sync/recorded_changes.hpp"
#include "engine/sync/settled_reads.hpp"
#include "io/file/posix_append_file.hpp"
#include "io/names/shell_word.hpp"
#include "planner/review/sync_undo.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/fleet/kms_session.hpp"
#include "tools/keyferry/run/fleet_journals.hpp"
#include "tools/keyferry/run/recent_changes.hpp"
#include "tools/keyferry/run/sync_session.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_error.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

/// The journals of the syncs to undo.
struct SyncJournals {
    std::vector<std::unique_ptr<io::PosixAppendFile>> held;  ///< locked while this exists
    std::string fleet;  ///< fleet name in the spec of the first sync
    std::vector<std::pair<std::string, engine::JournalHeader>> headers;  ///< by path
    std::vector<engine::RecordedChanges> recorded;                       ///< oldest first
    std::uint64_t not_made = 0;
    std::uint64_t missing = 0;
    std::vector<engine::LostChange> lost;  ///< changes of the damaged journal
};

/// A journal that is locked so that no other process can undo it at the same time.
using HeldJournal = std::unique_ptr<io::PosixAppendFile>;

/// Opens and locks the journal at `path`. A read-only journal is not locked, since a user who
/// cannot write it does not run syncs of this fleet.
engine::JournalResult<HeldJournal> hold_journal(const std::string& path) {
    using Access = io::PosixAppendFile::Access;
    HeldJournal file;
    std::error_code error = io::PosixAppendFile::open(path, Access::read_and_append, file);
    const bool is_read_only =
        error == std::errc::permission_denied || error == std::errc::read_only_file_system;
    if (is_read_only) {
        error = io::PosixAppendFile::open(path, Access::read_only, file);
    }
    if (error) {
        return engine::journal_io_problem(path, "open", error);
    }
    bool is_held = false;
    error = is_read_only ? file->find_lock(is_held) : file->lock();
    if (error == std::errc::resource_unavailable_try_again) {
        is_held = true;
    } else if (error) {
        return engine::journal_io_problem(path, "lock", error);
    }
    if (is_held) {
        return engine::JournalProblem(
            engine::JournalProblem::Kind::held,
            fmt::format(
                "journal {} is in use by a process. Wait until that sync or undo ends, or stop it.",
                path));
    }
    return file;
}

/// Reads the journal at `path` and keeps it locked in `held`. Fails if the sync is still running.
engine::JournalResult<engine::RecordedChanges> read_journal(const std::string& path,
                                                            std::vector<HeldJournal>& held,
                                                            planner::SharedTexts& texts) {
    engine::JournalResult<HeldJournal> file = hold_journal(path);
    if (!file) {
        return file.error();
    }
    held.push_back(std::move(*file));
    return engine::read_recorded_changes(*held.back(), path, texts);
}

bool is_among(const std::vector<HeldJournal>& held, const std::string& path) {
    return std::any_of(held.begin(), held.end(), [&](const HeldJournal& file) {
        bool is_same = false;
        return !file->is_at(path, is_same) && is_same;
    });
}

void sort_by_age(std::vector<engine::RecordedChanges>& journals) {
    std::stable_sort(journals.begin(), journals.end(), [](const auto& a, const auto& b) {
        return a.created < b.created;
    });
}

SyncJournals read_journals(const SyncOptions& options, planner::SharedTexts& texts) {
    SyncJournals journals;
    for (const std::string& path : options.undo) {
        if (is_among(journals.held, path)) {
            continue;  // listed twice
        }
        engine::JournalResult<engine::RecordedChanges> journal =
            read_journal(path, journals.held, texts);
        if (!journal) {
            throw journal_error(journal.error());
        }
        journals.headers.emplace_back(path, journal->header);
        journals.not_made += journal->not_made;
        journals.missing += journal->missing;
        if (journal->damage && options.undo.size() > 1) {
            throw CommandError(
                exit_journal,
                fmt::format("journal {} is damaged ({}), so the values that were set between two "
                            "syncs may be missing. Undo the syncs one at a time, starting with "
                            "the latest",
                            path,
                            *journal->damage));
        }
        if (journal->damage) {
            log_message(fmt::format(
                "journal {} is damaged: {}. {}",
                path,
                *journal->damage,
                journal->lost.empty() ? "All changes can still be undone"
                                      : planner::counted(journal->lost.size(), "change") +
                                            " cannot be undone reliably and will not be changed"));
        }
        journals.lost = std::move(journal->lost);
        journals.recorded.push_back(*std::move(journal));
    }
    sort_by_age(journals.recorded);
    journals.fleet = journals.recorded.front().header.fleet;
    return journals;
}

/// Returns the settings of the spec, or the defaults without one.
planner::RunSettings read_settings(const std::string& fleet) {
    if (fleet.empty()) {
        return planner::RunSettings();
    }
    planner::FleetLoad load = read_fleet_file(fleet);
    return load.plan ? std::move(load.plan->settings) : std::move(load.unresolved->spec.settings);
}

/// Checks that the journals belong to the KMS in use, so that no emulator's replicas are restored
/// in AWS.
void check_is_same_kms(const SyncJournals& journals, const KmsAccess& kms) {
    for (const auto& [path, header] : journals.headers) {
        if (const auto difference =
                engine::endpoint_difference(kms.journal_access(), header.access)) {
            throw CommandError(
                exit_usage,
                fmt::format(
                    "journal {} belongs to a sync with another KMS: {}. Use the same endpoint.",
                    path,
                    *difference));
        }
    }
}

/// The replicas that the journals have changed.
struct UndoneReplicas {
    std::vector<planner::ChangedReplica> made;  ///< changes that were made or may have been made
    std::vector<planner::ChangedReplica> unrecorded;  ///< RecordedChanges::unrecorded
    /// The values of `made` according to all journals of the fleet. Other values may be stale
    /// reads.
    std::vector<planner::ChangedReplica> latest;
    io::WallTime last_record{};  ///< time of the last sent change, or later
};

std::set<io::KeyArn> arns_of(const UndoneReplicas& undone) {
    std::set<io::KeyArn> arns;
    for (const auto* list : {&undone.made, &undone.unrecorded}) {
        for (const planner::ChangedReplica& each : *list) {
            arns.insert(each.replica);
        }
    }
    return arns;
}

FleetScope scope_of(const UndoneReplicas& undone, const planner::RunSettings& settings) {
    FleetScope scope;
    for (const io::KeyArn& replica : arns_of(undone)) {
        scope.accounts.insert(replica.account);
        scope.regions.insert(replica.region);
    }
    scope.primaries = scope.regions;  // one of these is used as the STS Region
    scope.access = settings.accounts;
    return scope;
}

std::vector<planner::ChangedReplica> replicas_of(
    const std::vector<engine::RecordedChanges>& journals,
    std::vector<planner::ReplicaChange> engine::RecordedChanges::*list,
    std::uint8_t parts) {
    std::vector<planner::ReplicaChange> changes;
    for (const engine::RecordedChanges& journal : journals) {
        changes.insert(changes.end(), (journal.*list).begin(), (journal.*list).end());
    }
    return planner::changed_replicas(changes, parts);
}

UndoneReplicas undone_replicas(const SyncOptions& options, const SyncJournals& journals) {
    const std::uint8_t parts = options.selected_parts();
    UndoneReplicas undone;
    undone.made = replicas_of(journals.recorded, &engine::RecordedChanges::changes, parts);
    undone.unrecorded = planner::without_changed(
        replicas_of(journals.recorded, &engine::RecordedChanges::unrecorded, parts), undone.made);
    return undone;
}

/// Finds the values that other syncs and undos have changed since `moment`.
void find_latest(const SyncOptions& options,
                 const SyncJournals& journals,
                 const FleetJournals& others,
                 io::WallTime moment,
                 planner::SharedTexts& texts,
                 UndoneReplicas& undone) {
    std::vector<engine::RecordedChanges> all = others.changes_since(moment, texts);
    all.insert(all.end(), journals.recorded.begin(), journals.recorded.end());
    sort_by_age(all);
    for (const engine::RecordedChanges& each : all) {
        undone.last_record = std::max(undone.last_record, each.last_record);
    }
    const auto latest =
        replicas_of(all, &engine::RecordedChanges::changes, options.selected_parts());
    std::map<io::KeyArn, const planner::ChangedReplica*> by_arn;
    for (const planner::ChangedReplica& each : latest) {
        by_arn.emplace(each.replica, &each);
    }
    for (const planner::ChangedReplica& each : undone.made) {
        undone.latest.push_back(*by_arn.at(each.replica));
    }
}

asio::awaitable<void> run_both(engine::SettledReads& first, engine::SettledReads& second) {
    co_await first.run();
    co_await second.run();
}

/// Reads the current values and determines which properties to restore.
planner::UndoPlan plan_undo(const UndoneReplicas& undone,
                            const planner::RunSettings& settings,
                            planner::SharedTexts& texts,
                            KmsSession& session) {
    io::Clock& clock = session.clock();
    CallSession calls(settings, session);
    engine::SettledReads reads(
        undone.latest,
        calls.calls(),
        clock,
        engine::stale_for(undone.last_record, clock.wall_now(), settings.wait.doubt_timeout));
    engine::SettledReads unrecorded(
        undone.unrecorded, calls.calls(), clock, std::chrono::milliseconds(0));
    calls.run([&] { return run_both(reads, unrecorded); },
              [&](bool as_json) { return settled_progress(reads, undone.latest.size(), as_json); });
    planner::UndoPlan plan;
    for (std::size_t index = 0; index < undone.made.size(); ++index) {
        planner::add_undo(undone.made[index], reads.values()[index], texts, plan);
    }
    for (std::size_t index = 0; index < undone.unrecorded.size(); ++index) {
        planner::add_unrecorded(undone.unrecorded[index], unrecorded.values()[index], plan);
    }
    return plan;
}

/// Returns exit_jobs_failed if records are lost or missing, since such changes must be restored
/// manually.
int journals_exit_code(const SyncJournals& journals) {
    return journals.lost.empty() && journals.missing == 0 ? exit_done : exit_jobs_failed;
}

UndoRest rest_of(const SyncJournals& journals, planner::UndoPlan& plan) {
    UndoRest rest;
    rest.unchanged = plan.unchanged;
    rest.not_made = journals.not_made;
    rest.missing = journals.missing;
    for (const engine::RecordedChanges& journal : journals.recorded) {
        rest.unrecorded += journal.unrecorded.size();
    }
    rest.skipped = std::move(plan.skipped);
    rest.lost = journals.lost;
    return rest;
}

SyncReport report_of(const SyncOptions& options,
                     const SyncJournals& journals,
                     planner::UndoPlan& plan) {
    SyncReport report(journals.fleet, plan.changes);
    report.fleet_path = options.fleet;
    report.parts = options.selected_parts();
    report.is_dry_run = options.dry_run;
    report.undo = rest_of(journals, plan);
    return report;
}

/// Opens KMS for the replicas.
void open_kms_of(const SyncOptions& options,
                 const UndoneReplicas& undone,
                 const planner::RunSettings& settings,
                 KmsSession& session) {
    try {
        session.open(scope_of(undone, settings));
    } catch (CommandError& error) {
        if (options.fleet.empty() && error.exit_code() == exit_permission) {
            error.add_line(
                fmt::format("if the spec configures profiles or roles for the accounts, pass it: "
                            "keyferry sync fleet.toml --undo {}",
                            io::shell_word(options.undo.front())));
        }
        throw;
    }
}

}  // namespace

int undo_syncs(const SyncOptions& options) {
    planner::SharedTexts texts;
    const SyncJournals journals = read_journals(options, texts);
    const planner::RunSettings settings = read_settings(options.fleet);
    UndoneReplicas undone = undone_replicas(options, journals);
    if (undone.made.empty() && undone.unrecorded.empty()) {
        planner::UndoPlan nothing;
        const SyncReport report = report_of(options, journals, nothing);
        write_stdout(options.json ? sync_report_json(report) : sync_report_text(report));
        return journals_exit_code(journals);
    }
    KmsSession session(options.kms, progress_style(options.progress, options.json));
    open_kms_of(options, undone, settings, session);
    const KmsAccess& kms = session.kms();
    check_is_same_kms(journals, kms);
    check_may_change_fleet(options, journals.fleet, kms);
    const io::WallTime began = session.clock().wall_now();
    find_latest(options,
                journals,
                FleetJournals(options, journals.fleet, kms),
                began - settings.wait.doubt_timeout,
                texts,
                undone);
    log_message(fmt::format(
        "checking {}: {}", planner::counted(arns_of(undone).size(), "replica"), kms.description()));
    planner::UndoPlan plan = plan_undo(undone, settings, texts, session);
    SyncReport report = report_of(options, journals, plan);
    const int skipped =
        combined_exit_code(exit_code_of(report.undo->skipped), journals_exit_code(journals));
    return report_or_make_changes(
        options, settings, std::move(report), session, Comparison{began, skipped});
}

}  // namespace keyferry::cli
