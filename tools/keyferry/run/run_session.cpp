// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/run_session.hpp"

#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/exit_code_of.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"
#include "tools/keyferry/terminal/rerun_command.hpp"
#include "tools/keyferry/terminal/run_pace.hpp"
#include "tools/keyferry/terminal/scope_note.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

namespace keyferry::cli {

namespace {

std::uint64_t jitter_seed(const RunOptions& options) {
    if (options.kms.simulation.simulate) {
        return options.kms.simulation.seed;
    }
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

std::string calls_text(std::size_t in_flight) {
    return in_flight == 0 ? std::string("the last records are written")
                          : planner::counted(in_flight, "call") + " in flight";
}

}  // namespace

RunSession::RunSession(const RunOptions& options,
                       const Fleet& fleet,
                       engine::OpenedJournal& journal,
                       std::string path,
                       KmsSession& session)
    : path_(std::move(path)),
      continuation_(continuation_of(options, path_)),
      clock_(session.clock()),
      session_(journal, path_, session.style(), session.io(), clock_),
      executor_(fleet.plan,
                session.kms().client(),
                clock_,
                session_.writer(),
                session.io().get_executor(),
                jitter_seed(options)) {
    if (journal.start.resumed) {
        executor_.restore(journal.start.replay, options.retry_failed);
    }
    if (!session.kms().is_simulated() || fleet.saved_review) {
        executor_.use_survey(fleet.review);
    }
    executor_.share_quota_use(session.kms().quota_use());
    executor_.on_scope_news([this, &kms = session.kms()](const engine::ScopeNews& news) {
        if (!kms.is_refused(news)) {  // already reported when KMS was opened
            show_scope_news(session_.style(), news);
        }
    });
}

engine::RunEnd RunSession::run() {
    RunPace pace(clock_.now(), executor_.progress().ended.jobs());
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
    work.progress = [this, &pace](bool as_json, std::chrono::seconds stalled) {
        const engine::Progress progress = executor_.progress();
        const Pace now = pace.update(clock_.now(), progress);
        const std::size_t columns = progress_columns(session_.style());
        return as_json ? progress_json(progress, now, stalled)
                       : progress_text(progress, now, stalled, columns);
    };
    work.stopped_at_once =
        "stopped immediately (exit code 130); the journal records the calls in flight. " +
        continuation_;
    session_.run(std::move(work));
    return end_;
}

/// Logs that replicas which the journal records as done could not be checked.
void RunSession::log_unchecked() const {
    const std::size_t unchecked = executor_.progress().unchecked;
    const std::string& why = executor_.why_unchecked();
    log_message(
        fmt::format("{} recorded as done by earlier runs could not be checked in this run{}",
                    planner::counted(unchecked, "replica"),
                    why.empty() ? "" : ": " + why));
}

/// The exit code for these replicas.
int RunSession::unchecked_exit_code() const {
    // The reason begins with the error code. Without a code, a rerun checks the replicas again.
    const std::string& why = executor_.why_unchecked();
    return exit_code_of(engine::JobPhase::deferred, why.substr(0, why.find(':')));
}

int RunSession::exit_code(engine::RunEnd end, int report_exit_code) const {
    const bool is_finished = end == engine::RunEnd::finished;
    if (is_finished && executor_.progress().unchecked > 0) {
        log_unchecked();
        report_exit_code = combined_exit_code(report_exit_code, unchecked_exit_code());
    }
    const std::optional<CommandError> error =
        session_.cut_short({.calls = "calls",
                            .unfinished = "the run before all jobs were done",
                            .continuation = "run the same command again to resume"},
                           end == engine::RunEnd::refused ? executor_.refusal() : "",
                           is_finished && report_exit_code != exit_work_left);
    if (error) {
        throw CommandError(*error);  // run_fleet() adds how to resume
    }
    return report_exit_code;
}

std::string continuation_of(const RunOptions& options, const std::string& journal) {
    const bool starts_over = options.kms.simulation.simulate && options.journal.empty();
    return "To resume: " + rerun_command(starts_over
                                             ? with_option(options.words, "--journal", journal)
                                             : options.words);
}

}  // namespace keyferry::cli
