// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/run_fleet.hpp"

#include "engine/journal/read/open.hpp"
#include "engine/journal/read/rewrite_text.hpp"
#include "engine/journal/write/end_record.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/fleet/copied_contents.hpp"
#include "tools/keyferry/fleet/fleet_pipeline.hpp"
#include "tools/keyferry/fleet/locate_primaries.hpp"
#include "tools/keyferry/fleet/primaries_check.hpp"
#include "tools/keyferry/run/default_journal.hpp"
#include "tools/keyferry/run/journal_watch.hpp"
#include "tools/keyferry/run/preflight.hpp"
#include "tools/keyferry/run/replan.hpp"
#include "tools/keyferry/run/run_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_error.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"
#include "tools/keyferry/terminal/report_output.hpp"
#include "tools/keyferry/terminal/stop_signals.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

void log_resumed_run(const engine::OpenedJournal& journal, const std::string& path) {
    const engine::JournalReplay& replay = journal.start.replay;
    const engine::JobCounts& counts = replay.counts();
    // If records are missing, jobs without records may have been started.
    const std::uint64_t in_doubt =
        counts.of(engine::JobPhase::sent) + counts.of(engine::JobPhase::accepted) +
        counts.of(engine::JobPhase::unknown) +
        (engine::is_lossy(replay.loss()) ? counts.of(engine::JobPhase::not_started) : 0);
    std::string text = fmt::format("resuming {}: {} of {} done",
                                   path,
                                   planner::with_thousands(counts.of(engine::JobPhase::done)),
                                   planner::counted(replay.header().jobs, "job"));
    const auto add = [&](std::uint64_t jobs, std::string_view state) {
        text += jobs > 0 ? fmt::format(", {} {}", jobs, state) : "";
    };
    add(counts.of(engine::JobPhase::unusable), "unusable");
    add(counts.of(engine::JobPhase::failed), "failed");
    add(counts.of(engine::JobPhase::conflict), "in conflict");
    add(in_doubt, "unresolved or in progress");
    log_message(text);
    if (journal.start.torn_bytes > 0) {
        const engine::TornCopy& copy = journal.start.torn_copy;
        log_message(fmt::format("removed an incomplete write of {} from the end of the journal; {}",
                                planner::counted(journal.start.torn_bytes, "byte"),
                                copy.error
                                    ? fmt::format("no copy could be kept in {} ({}); it is not "
                                                  "needed, since no request depends on it",
                                                  copy.path,
                                                  copy.error.message())
                                    : "a copy is in " + copy.path));
    }
}

/// Ends a run that cannot use its journal. Logs how the journal's plan differs, if it is another
/// one.
CommandError unusable_journal(const engine::JournalProblem& problem,
                              const std::string& path,
                              const planner::Plan& plan,
                              bool is_rehearsal) {
    using Kind = engine::JournalProblem::Kind;
    CommandError error = journal_error(problem);
    if (problem.kind == Kind::other_plan && !is_rehearsal) {
        log_plan_difference(path, plan);
    }
    if (problem.kind == Kind::held && is_rehearsal) {
        error.add_line("to run both rehearsals at the same time, give this one its own --journal");
    }
    return error;
}

void log_if_replaced(io::PosixAppendFile& file, const std::string& path) {
    if (was_replaced(file)) {
        log_replaced_journal(
            path, "a rerun cannot resume from this journal; it will detect existing replicas");
    }
}

void log_run(const planner::Plan& plan, const KmsAccess& kms, const std::string& path) {
    log_message(fmt::format("{} of {} through {}; journal {}",
                            planner::counted(plan.jobs.size(), "replica"),
                            planner::counted(plan.keys.size(), "key"),
                            kms.description(),
                            path));
}

/// Surveys KMS, which sets fleet.review, and, unless they are switched off, runs the preflight
/// checks.
void run_preflight(const RunOptions& options,
                   Fleet& fleet,
                   const engine::OpenedJournal& journal,
                   const std::string& path,
                   KmsSession& session) {
    PreflightContext context;
    context.journal = path;
    context.jobs_left = fleet.plan.jobs.size() - journal.start.replay.counts().done();
    context.is_quiet = !options.preflight || context.jobs_left == 0;
    preflight(fleet, context, session);
}

/// Records why the run ends before its first call. If that fails, the journal looks as if the run
/// was killed, and a rerun resumes all the same.
void record_end(const CommandError& error, engine::OpenedJournal& journal, io::WallTime now) {
    const auto* const refused = dynamic_cast<const KmsRefusal*>(&error);
    engine::RunEndEntry entry(refused == nullptr ? "stopped" : "refused");
    if (refused != nullptr) {
        constexpr std::string_view kSeparator = ": ";
        const std::size_t at = refused->error().find(kSeparator);
        entry.code = refused->error().substr(0, at);
        entry.message =
            at == std::string::npos ? "" : refused->error().substr(at + kSeparator.size());
        entry.reason_time = now;
    }
    static_cast<void>(engine::append_end_record(*journal.file, journal.start.tail, now, entry));
    static_cast<void>(engine::release_reserved_space(*journal.file));
}

void check_options(const RunOptions& options) {
    if ((options.replan || options.retry_failed) && options.kms.simulation.simulate &&
        options.journal.empty()) {
        throw UsageError(options.replan ? "--replan" : "--retry-failed",
                         "continues an earlier run, but a rehearsal starts over unless --journal "
                         "names an earlier rehearsal's journal");
    }
}

/// Logs the work that remains after the run.
void log_remaining_work(const Fleet& fleet) {
    const std::vector<planner::PlannedGroup>& groups = fleet.plan.groups;
    if (std::any_of(groups.begin(), groups.end(), [](const planner::PlannedGroup& group) {
            return group.parameters.aliases.any();  // ReplicateKey does not create aliases
        })) {
        log_message("run does not create aliases; 'keyferry sync' creates the aliases in the spec");
    }
    const std::vector<planner::JobVerdict> saved =
        fleet.saved_review ? fleet.saved_review->verdicts : std::vector<planner::JobVerdict>();
    const auto differing = std::count_if(saved.begin(), saved.end(), [](const auto& verdict) {
        return verdict.action == planner::JobAction::sync;
    });
    if (differing > 0) {
        log_message(
            fmt::format("{} differed from the spec when the plan was created; run does not change "
                        "existing replicas, but 'keyferry sync' does",
                        planner::counted(static_cast<std::uint64_t>(differing), "replica")));
    }
    log_missing_keys(fleet);
}

/// Returns the review of a rehearsal: a simulated fleet contains exactly the replicas that its
/// journal records, and only a saved plan restricts the other requests.
planner::PlanReview review_of_rehearsal(const Fleet& fleet, const engine::JournalReplay& replay) {
    planner::PlanReview review =
        fleet.saved_review ? *fleet.saved_review : planner::unsurveyed_review(fleet.plan);
    for (planner::JobIndex job = 0; job < fleet.plan.jobs.size(); ++job) {
        if (replay.phase(job) == engine::JobPhase::done) {
            review.verdicts[job] = {planner::JobAction::exists, planner::ActionReason::ready};
        }
    }
    if (fleet.saved_review) {
        planner::restrict_to_saved(review, *fleet.saved_review);
    }
    return review;
}

/// Sets fleet.review, which determines the requests of the run.
void review_before_run(const RunOptions& options,
                       Fleet& fleet,
                       const engine::OpenedJournal& journal,
                       const std::string& path,
                       KmsSession& session) {
    if (session.kms().is_simulated()) {
        fleet.review = review_of_rehearsal(fleet, journal.start.replay);
        return;
    }
    if (fleet.refusal) {
        throw KmsRefusal(*fleet.refusal);
    }
    run_preflight(options, fleet, journal, path, session);
}

/// Reads what the run needs from KMS before its journal is opened: the values to copy, and whether
/// the primaries of a saved plan are still as the plan expects them.
void read_before_run(const RunOptions& options, Fleet& fleet, KmsSession& session) {
    if (fleet.saved_review && fleet.saved_review->is_surveyed) {
        if (!session.kms().is_simulated()) {
            fleet.inventory = check_primaries(options.fleet, fleet, session);
        }
    } else if (planner::lacks_contents(fleet.plan)) {
        read_copied_contents(fleet, session);
    }
}

/// Runs the jobs that remain and prints the report. Returns the exit code.
int run_with_journal(const RunOptions& options,
                     Fleet& fleet,
                     engine::OpenedJournal& journal,
                     const std::string& path,
                     KmsSession& kms) {
    try {
        review_before_run(options, fleet, journal, path, kms);
        const auto may_start = [&](planner::JobIndex job) {
            const engine::JobPhase phase = journal.start.replay.phase(job);
            const bool has_failed =
                phase == engine::JobPhase::failed || phase == engine::JobPhase::conflict;
            return phase != engine::JobPhase::done && (options.retry_failed || !has_failed);
        };
        if (const auto exceeded = exceeded_limit(options.limits, fleet, may_start)) {
            throw CommandError(*exceeded);
        }
    } catch (const CommandError& error) {
        // A new journal must not keep a smaller fleet from using its name.
        if (error.exit_code() == exit_changes && !journal.start.resumed) {
            std::error_code ignored;
            std::filesystem::remove(path, ignored);
        } else {
            record_end(error, journal, kms.clock().wall_now());
        }
        throw;
    }
    RunSession session(options, fleet, journal, path, kms);
    const engine::RunEnd end = session.run();
    if (end != engine::RunEnd::journal_failed &&
        !session.no_room()) {  // otherwise a rerun needs the space
        // If this fails, the space stays reserved until the file is removed.
        static_cast<void>(engine::release_reserved_space(*journal.file));
    }
    int report_exit_code = exit_error;
    try {
        log_if_replaced(*journal.file, path);
        report_exit_code =
            print_held_run_report(*journal.file, path, options.json, session.unchecked());
    } catch (const std::runtime_error& error) {
        log_error(error.what());  // a failed report must not hide the result of the run
    }
    log_remaining_work(fleet);
    const int exit_code = session.exit_code(end, report_exit_code);
    return exit_code == exit_error ? exit_code
                                   : combined_exit_code(exit_code, missing_keys_exit_code(fleet));
}

/// Runs the fleet with the journal at `path`.
int run_fleet(const RunOptions& options, const std::string& path) {
    const bool is_rehearsal = options.kms.simulation.simulate;
    FleetPipeline pipeline(options,
                           {.accepts_saved_plan = true,
                            .plan_checks = options.plan_checks,
                            .changes_fleet = true,
                            .records_refusal = true,
                            .search_wait = OutageWait::as_run},
                           progress_style(options.progress, options.json));
    pipeline.load();
    Fleet& fleet = pipeline.fleet();
    KmsSession& session = pipeline.session();
    const planner::Plan& plan = fleet.plan;
    log_moved_primaries(plan);
    session.open(scope_of(plan));
    KmsAccess& kms = session.kms();
    kms.fill(plan);
    read_before_run(options, fleet, session);
    engine::JournalHeader header = engine::journal_header(plan, kToolVersion, is_rehearsal);
    header.access = kms.journal_access();
    const io::WallTime now = session.clock().wall_now();
    if (options.replan) {
        replan_for_run(path, plan, header, now);
    }
    // A rehearsal starts over unless --journal was given, since the fleet or the faults may have
    // changed.
    engine::JournalResult<engine::OpenedJournal> journal = engine::open_journal(
        path,
        header,
        engine::run_of_this_process(kToolVersion, kms.caller_arns(), fleet.provenance.filter),
        now,
        &plan,
        is_rehearsal && options.journal.empty() ? engine::IfJournalExists::start_over
                                                : engine::IfJournalExists::resume);
    if (!journal) {
        throw unusable_journal(
            journal.error(), path, plan, is_rehearsal && options.journal.empty());
    }
    log_run(plan, kms, path);
    if (journal->start.resumed) {
        log_resumed_run(*journal, path);
        kms.restore(plan, journal->start.replay);
    }
    return run_with_journal(options, fleet, *journal, path, session);
}

}  // namespace

int run_fleet(const RunOptions& options) {
    check_options(options);
    const std::string path =
        options.journal.empty()
            ? default_run_journal(
                  options.fleet, options.filter.filter, options.kms.simulation.simulate)
            : options.journal;
    const std::string continuation = continuation_of(options, path);
    const InterruptionNote note(continuation);
    try {
        return run_fleet(options, path);
    } catch (CommandError& error) {
        if (error.exit_code() == exit_interrupted) {
            error.add_line(continuation);
        }
        throw;
    }
}

}  // namespace keyferry::cli
