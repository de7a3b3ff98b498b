// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/run_session.hpp"

#include "engine/journal/read/open.hpp"
#include "engine/journal/read/rewrite_text.hpp"
#include "engine/journal/write/end_record.hpp"
#include "engine/run/executor.hpp"
#include "io/clock/steady_clock.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/fleet/plan_to_run.hpp"
#include "tools/keyferry/run/journal_watch.hpp"
#include "tools/keyferry/run/journaled_session.hpp"
#include "tools/keyferry/run/preflight.hpp"
#include "tools/keyferry/run/replan.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_exit_code.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"
#include "tools/keyferry/terminal/report_output.hpp"
#include "tools/keyferry/terminal/scope_note.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <filesystem>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

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

std::uint64_t jitter_seed(const RunOptions& options) {
    if (options.kms.simulation.simulate) {
        return options.kms.simulation.seed;
    }
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

std::string calls_text(std::size_t in_flight) {
    return in_flight == 0
               ? std::string("the last records are written")
               : fmt::format("{} {} in flight", in_flight, in_flight == 1 ? "call" : "calls");
}

/// State of one run.
class RunSession {
  public:
    RunSession(const RunOptions& options,
               const planner::Plan& plan,
               KmsAccess& kms,
               engine::OpenedJournal& journal,
               const std::string& path,
               asio::io_context& io,
               io::Clock& clock)
        : clock_(clock),
          session_(journal, path, progress_style(options.progress, options.json), io, clock),
          executor_(plan,
                    kms.client(),
                    clock,
                    session_.writer(),
                    io.get_executor(),
                    jitter_seed(options)) {
        if (journal.start.resumed) {
            executor_.restore(journal.start.replay, options.retry_failed);
        }
        ended_before_ = executor_.progress().ended.jobs();
        executor_.share_quota_use(kms.quota_use());
        executor_.on_scope_news(
            [this](const engine::ScopeNews& news) { show_scope_news(session_.style(), news); });
    }

    /// Runs to the end. Rethrows exceptions of the run.
    engine::RunEnd run() {
        const io::Moment started_at = clock_.now();
        JournaledWork work;
        work.run = [this] {
            return execute();
        };
        work.is_ending = [this] {
            return executor_.is_ending();
        };
        work.stop = [this] {
            executor_.stop();
        };
        work.in_flight = [this] {
            return executor_.progress().in_flight;
        };
        work.remainder = [this] {
            return calls_text(executor_.progress().in_flight);
        };
        work.progress = [this, started_at](bool as_json, std::chrono::seconds stalled) {
            const engine::Progress progress = executor_.progress();
            const std::chrono::duration<double> elapsed = clock_.now() - started_at;
            return as_json ? progress_json(progress, elapsed, stalled)
                           : progress_text(progress, ended_before_, elapsed, stalled);
        };
        work.stopped_at_once =
            "stopped at once; the journal records the calls in flight. Run the same command again "
            "to resume";
        session_.run(std::move(work));
        return end_;
    }

    std::string refusal() const { return executor_.refusal(); }
    const JournaledSession& session() const noexcept { return session_; }

  private:
    asio::awaitable<void> execute() { end_ = co_await executor_.run(); }

    io::Clock& clock_;
    JournaledSession session_;
    engine::Executor executor_;
    std::uint64_t ended_before_ = 0;
    /// Initial value for a run that does not complete because its journal fails while calls are in
    /// flight.
    engine::RunEnd end_ = engine::RunEnd::journal_failed;
};

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
    log_message(problem.text);
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

/// Logs why the run ended and returns its exit code, or the report's exit code if the run
/// completed.
int exit_code_of(engine::RunEnd end,
                 const RunSession& session,
                 const std::string& path,
                 int report_exit_code) {
    switch (end) {
        case engine::RunEnd::journal_failed: {
            const std::optional<engine::JournalFailure>& failure =
                session.session().journal_failure();
            assert(failure);
            const std::error_code error(failure->error_number, std::system_category());
            log_message(engine::journal_io_problem(path, failure->operation, error).text);
            log_message("no calls were sent after that; run the same command again to resume");
            return exit_journal;
        }
        case engine::RunEnd::refused:
            log_message("stopped because KMS would refuse every call: " + session.refusal());
            log_message(
                "fix the credentials or the clock, then run the same command again to resume");
            return exit_permission;
        case engine::RunEnd::stopped:
            if (session.session().no_room() && !session.session().was_interrupted()) {
                log_message(
                    engine::journal_io_problem(path, "reserving space", session.session().no_room())
                        .text);
                return exit_journal;
            }
            log_message("interrupted; run the same command again to resume");
            return exit_interrupted;
        case engine::RunEnd::finished:
            break;
    }
    return session.session().was_interrupted() && report_exit_code == exit_work_left
               ? exit_interrupted
               : report_exit_code;
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

PreflightEnd run_preflight(const RunOptions& options,
                           RunPlan& run,
                           const engine::OpenedJournal& journal,
                           const std::string& path,
                           asio::io_context& io,
                           io::Clock& clock) {
    const engine::JobCounts& counts = journal.start.replay.counts();
    const bool has_work = counts.of(engine::JobPhase::done) < run.plan.jobs.size();
    if (!options.preflight || run.kms->is_simulated() || !has_work) {
        return PreflightEnd(exit_done);
    }
    const std::uint64_t started = run.plan.jobs.size() - counts.of(engine::JobPhase::not_started);
    PreflightContext context;
    context.journal = path;
    context.jobs_left = run.plan.jobs.size() - counts.of(engine::JobPhase::done);
    context.found = std::move(run.found);
    context.inventory = std::move(run.inventory);
    if (is_plan_file(options.fleet)) {
        context.skip_keys_reason = "done for the saved plan";
    } else if (journal.start.resumed && started > 0) {
        context.skip_keys_reason = "this run resumes a journal";
    }
    context.style = progress_style(options.progress, options.json);
    return preflight(run.plan, std::move(context), *run.kms, io, clock);
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
    if (run.lacks_denied_keys && exit_code == exit_done) {
        log_message(
            "all accessible keys are done; access to keys that groups may select was denied, see "
            "above");
        return exit_permission;
    }
    return exit_code;
}

}  // namespace

int run_fleet(const RunOptions& options) {
    if (const std::string problem = usage_error(options); !problem.empty()) {
        log_message(problem);
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
                             engine::run_of_this_process(kToolVersion, kms->callers()),
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

    const PreflightEnd checked = run_preflight(options, *run, *journal, path, io, clock);
    if (checked.exit_code != exit_done) {
        record_end(checked, *journal, clock.wall_now());
        static_cast<void>(engine::release_reserved_space(*journal->file));
        return checked.exit_code;
    }
    RunSession session(options, plan, *kms, *journal, path, io, clock);
    const engine::RunEnd end = session.run();
    if (end != engine::RunEnd::journal_failed &&
        !session.session().no_room()) {  // otherwise a rerun needs the space
        // If this fails, the space stays reserved until the file is removed.
        static_cast<void>(engine::release_reserved_space(*journal->file));
    }
    int report_exit_code = exit_error;
    try {
        log_if_replaced(*journal->file, path);
        report_exit_code = print_held_run_report(*journal->file, path, options.json);
    } catch (const std::runtime_error& error) {
        log_message(error.what());  // a failed report must not hide the result of the run
    }
    exit_code = exit_code_of(end, session, path, report_exit_code);
    return log_remaining_work(*run, exit_code);
}

}  // namespace keyferry::cli
