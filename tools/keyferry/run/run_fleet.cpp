// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/run_fleet.hpp"

#include "engine/journal/read/open.hpp"
#include "engine/journal/read/rewrite_text.hpp"
#include "engine/journal/write/end_record.hpp"
#include "io/clock/steady_clock.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/fleet/plan_to_run.hpp"
#include "tools/keyferry/run/journal_watch.hpp"
#include "tools/keyferry/run/preflight.hpp"
#include "tools/keyferry/run/replan.hpp"
#include "tools/keyferry/run/run_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_exit_code.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"
#include "tools/keyferry/terminal/report_output.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

std::string journal_path(const RunOptions& options, bool is_saved) {
    if (!options.journal.empty()) {
        return options.journal;
    }
    // Filtered runs and rehearsals must not use the journal of the complete, real run.
    const planner::PlanFilter& filter = options.filter.filter;
    const std::string mark = filter.is_empty() ? "" : "." + planner::filter_mark(filter);
    const std::string kind = options.kms.simulation.simulate ? ".simulated.journal" : ".journal";
    if (is_saved) {
        return options.fleet + mark + kind;  // fleet.plan and fleet.toml are different plans
    }
    std::filesystem::path path(options.fleet);
    path.replace_extension(mark + kind);
    return path.string();
}

void log_resumed_run(const engine::OpenedJournal& journal, const std::string& path) {
    const engine::JournalReplay& replay = journal.start.replay;
    const engine::JobCounts& counts = replay.counts();
    // If records are missing, jobs without records may have been started.
    const std::uint64_t in_doubt =
        counts.of(engine::JobPhase::sent) + counts.of(engine::JobPhase::accepted) +
        counts.of(engine::JobPhase::unknown) +
        (engine::is_lossy(replay.loss()) ? counts.of(engine::JobPhase::not_started) : 0);
    std::string text = fmt::format("resuming {}: {} of {} jobs done",
                                   path,
                                   counts.of(engine::JobPhase::done),
                                   replay.header().jobs);
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
        log_message(
            fmt::format("removed an incomplete write of {} bytes from the end of the journal; {}",
                        journal.start.torn_bytes,
                        copy.error ? fmt::format("no copy could be kept in {} ({}); it is not "
                                                 "needed, since no request depends on it",
                                                 copy.path,
                                                 copy.error.message())
                                   : "a copy is in " + copy.path));
    }
}

/// Logs why the journal cannot be used.
void log_journal_problem(const engine::JournalProblem& problem,
                         const std::string& path,
                         const planner::Plan& plan,
                         engine::IfJournalExists if_exists) {
    using Kind = engine::JournalProblem::Kind;
    log_error(problem.text);
    const bool is_rehearsal = if_exists == engine::IfJournalExists::start_over;
    if (problem.kind == Kind::other_plan && !is_rehearsal) {
        log_plan_difference(path, plan);
    }
    if (problem.kind == Kind::held && is_rehearsal) {
        log_message("to run both rehearsals at the same time, give this one its own --journal");
    }
}

void log_if_replaced(io::PosixAppendFile& file, const std::string& path) {
    if (was_replaced(file)) {
        log_replaced_journal(
            path, "a rerun cannot resume from this journal; it will detect existing replicas");
    }
}

void log_run(const planner::Plan& plan, KmsAccess& kms, const std::string& path) {
    log_message(fmt::format("{} {} of {} {} through {}; journal {}",
                            plan.jobs.size(),
                            plan.jobs.size() == 1 ? "replica" : "replicas",
                            plan.keys.size(),
                            plan.keys.size() == 1 ? "key" : "keys",
                            kms.description(),
                            path));
}

/// Surveys KMS and, unless they are switched off, runs the preflight checks.
PreflightEnd run_preflight(const RunOptions& options,
                           RunPlan& run,
                           const engine::OpenedJournal& journal,
                           const std::string& path,
                           asio::io_context& io,
                           io::Clock& clock) {
    const engine::JobCounts& counts = journal.start.replay.counts();
    PreflightContext context;
    context.journal = path;
    context.jobs_left = run.plan.jobs.size() - counts.done();
    context.found = std::move(run.found);
    context.inventory = std::move(run.inventory);
    context.is_quiet = !options.preflight || context.jobs_left == 0;
    context.style = progress_style(options.progress, options.json);
    PreflightEnd end = preflight(run.plan, std::move(context), *run.kms, io, clock);
    if (end.exit_code == exit_done && run.saved_review) {
        planner::restrict_to_saved(end.review, *run.saved_review);
    }
    return end;
}

/// Records why the run ends before its first call. If that fails, the journal looks as if the run
/// was killed, and a rerun resumes all the same.
void record_end(const PreflightEnd& end, engine::OpenedJournal& journal, io::WallTime now) {
    engine::RunEndEntry entry(end.refusal.empty() ? "stopped" : "refused");
    if (!end.refusal.empty()) {
        constexpr std::string_view kSeparator = ": ";
        const std::size_t at = end.refusal.find(kSeparator);
        entry.code = end.refusal.substr(0, at);
        entry.message = at == std::string::npos ? "" : end.refusal.substr(at + kSeparator.size());
        entry.reason_time = now;
    }
    static_cast<void>(engine::append_end_record(*journal.file, journal.start.tail, now, entry));
}

/// Returns the error for options that cannot be combined; empty if there is none.
std::string usage_error(const RunOptions& options) {
    if ((options.replan || options.retry_failed) && options.kms.simulation.simulate &&
        options.journal.empty()) {
        return fmt::format(
            "{} continues an earlier run, but a rehearsal starts over unless --journal names an "
            "earlier rehearsal's journal. Add --journal or omit {}",
            options.replan ? "--replan" : "--retry-failed",
            options.replan ? "--replan" : "--retry-failed");
    }
    return {};
}

/// Logs the work that remains after the run. `exit_code` is the exit code of the run; returns that
/// of the command.
int log_remaining_work(const RunPlan& run, int exit_code) {
    const std::vector<planner::PlannedGroup>& groups = run.plan.groups;
    if (std::any_of(groups.begin(), groups.end(), [](const planner::PlannedGroup& group) {
            return group.parameters.aliases.any();  // ReplicateKey does not create aliases
        })) {
        log_message(
            "aliases are not created by run; 'keyferry sync' creates the aliases of the spec");
    }
    const std::vector<planner::JobVerdict> saved =
        run.saved_review ? run.saved_review->verdicts : std::vector<planner::JobVerdict>();
    const auto differing = std::count_if(saved.begin(), saved.end(), [](const auto& verdict) {
        return verdict.action == planner::JobAction::sync;
    });
    if (differing > 0) {
        log_message(
            fmt::format("{} {} differed from the spec when the plan was made; run does not change "
                        "existing replicas, 'keyferry sync' does",
                        differing,
                        differing == 1 ? "replica" : "replicas"));
    }
    if (run.lacks_denied_keys) {
        log_error(
            fmt::format("{}access to keys that groups may select was denied, see above. Once it is "
                        "allowed, run "
                        "again with --replan",
                        exit_code == exit_done ? "all accessible keys are done; " : ""));
        return exit_code == exit_done ? exit_permission : exit_code;
    }
    return exit_code;
}

/// Surveys KMS and checks the limits before the first request of the run. On failure, leaves the
/// journal ready for a rerun, or removes it if it is new and a smaller fleet may use its name.
PreflightEnd check_before_run(const RunOptions& options,
                              RunPlan& run,
                              engine::OpenedJournal& journal,
                              const std::string& path,
                              asio::io_context& io,
                              io::Clock& clock) {
    PreflightEnd checked(exit_done);
    if (run.kms->is_simulated()) {
        // A simulated fleet contains exactly the replicas that its journal records.
        checked.review = planner::unsurveyed_review(run.plan);
    } else if (!run.refusal.empty()) {
        checked.exit_code = exit_permission;
        checked.refusal = run.refusal;
    } else {
        checked = run_preflight(options, run, journal, path, io, clock);
    }
    const std::string refusal = checked.exit_code == exit_done
                                    ? cost_refusal(options.cost_limit, run.plan, checked.review)
                                    : std::string();
    const bool is_over_limit = !refusal.empty();
    if (is_over_limit) {
        log_error(refusal);
        checked.exit_code = exit_changes;
    }
    if (is_over_limit && !journal.start.resumed) {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    } else if (checked.exit_code != exit_done) {
        record_end(checked, journal, clock.wall_now());
        static_cast<void>(engine::release_reserved_space(*journal.file));
    }
    return checked;
}

/// Runs the jobs that remain and prints the report. Returns the exit code.
int run_with_journal(const RunOptions& options,
                     RunPlan& run,
                     engine::OpenedJournal& journal,
                     const std::string& path,
                     asio::io_context& io,
                     io::Clock& clock) {
    const PreflightEnd checked = check_before_run(options, run, journal, path, io, clock);
    if (checked.exit_code != exit_done) {
        return checked.exit_code;
    }
    RunSession session(options,
                       run,
                       journal,
                       run.kms->is_simulated() ? nullptr : &checked.review,
                       path,
                       io,
                       clock);
    const engine::RunEnd end = session.run();
    if (end != engine::RunEnd::journal_failed &&
        !session.no_room()) {  // otherwise a rerun needs the space
        // If this fails, the space stays reserved until the file is removed.
        static_cast<void>(engine::release_reserved_space(*journal.file));
    }
    int report_exit_code = exit_error;
    try {
        log_if_replaced(*journal.file, path);
        report_exit_code = print_held_run_report(*journal.file, path, options.json);
    } catch (const std::runtime_error& error) {
        log_error(error.what());  // a failed report must not hide the result of the run
    }
    return log_remaining_work(run, session.exit_code(end, report_exit_code));
}

}  // namespace

int run_fleet(const RunOptions& options) {
    if (const std::string problem = usage_error(options); !problem.empty()) {
        log_error(problem);
        return exit_usage;
    }
    const bool is_saved = is_plan_file(options.fleet);
    int exit_code = exit_usage;
    asio::io_context io{1};
    io::SteadyClock clock(io);
    std::optional<RunPlan> run = prepare_run(options, is_saved, io, clock, exit_code);
    if (!run) {
        return exit_code;
    }
    const planner::Plan& plan = run->plan;
    const std::unique_ptr<KmsAccess>& kms = run->kms;
    const std::string path = journal_path(options, is_saved);
    // A rehearsal starts over unless --journal was given, since the fleet or the faults may have
    // changed.
    const engine::IfJournalExists if_exists =
        options.kms.simulation.simulate && options.journal.empty()
            ? engine::IfJournalExists::start_over
            : engine::IfJournalExists::resume;
    engine::JournalHeader header = engine::journal_header(plan, kToolVersion, kms->is_simulated());
    header.access = kms->journal_access();
    if (options.replan) {
        if (const auto refused = replan_for_run(path, plan, header, clock.wall_now())) {
            return *refused;
        }
    }
    engine::JournalResult<engine::OpenedJournal> journal =
        engine::open_journal(path,
                             header,
                             engine::run_of_this_process(kToolVersion, kms->caller_arns()),
                             clock.wall_now(),
                             &plan,
                             if_exists);
    if (!journal) {
        log_journal_problem(journal.error(), path, plan, if_exists);
        return journal_exit_code(journal.error().kind);
    }
    log_run(plan, *kms, path);
    if (journal->start.resumed) {
        log_resumed_run(*journal, path);
        kms->restore(plan, journal->start.replay);
    }
    return run_with_journal(options, *run, *journal, path, io, clock);
}

}  // namespace keyferry::cli
