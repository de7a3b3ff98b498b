// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/open.hpp"
#include "engine/run/executor.hpp"
#include "planner/review/plan_review.hpp"
#include "tools/keyferry/fleet/plan_to_run.hpp"
#include "tools/keyferry/options/run_options.hpp"
#include "tools/keyferry/run/journaled_session.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

namespace keyferry::cli {

/// One run of a plan whose journal is open.
class RunSession {
  public:
    /// All arguments must outlive this. `review` is the survey of this run; null for a simulated
    /// fleet, which contains exactly the replicas that its journal records. `path` names the
    /// journal in messages.
    RunSession(const RunOptions& options,
               RunPlan& run,
               engine::OpenedJournal& journal,
               const planner::PlanReview* review,
               std::string path,
               boost::asio::io_context& io,
               io::Clock& clock);

    /// Runs to the end. Rethrows exceptions of the run.
    [[nodiscard]] engine::RunEnd run();

    /// Logs why the run ended as `end` and returns its exit code, or `report_exit_code`, that of
    /// the report, if the run completed.
    [[nodiscard]] int exit_code(engine::RunEnd end, int report_exit_code) const;

    /// The number of replicas that earlier runs recorded as done and that this run could not check.
    [[nodiscard]] std::uint64_t unchecked() const { return executor_.progress().unchecked; }

    /// The error that prevented reserving more space for the journal, if this stopped the run.
    [[nodiscard]] std::error_code no_room() const noexcept { return session_.no_room(); }

  private:
    boost::asio::awaitable<void> execute() { end_ = co_await executor_.run(); }
    [[nodiscard]] int log_unchecked() const;
    [[nodiscard]] int log_interruption() const;

    std::string path_;
    std::string continuation_;  ///< a message about how to continue after an interruption
    io::Clock& clock_;
    JournaledSession session_;
    engine::Executor executor_;
    /// Initial value for a run that does not complete because its journal fails while calls are in
    /// flight.
    engine::RunEnd end_ = engine::RunEnd::journal_failed;
};

/// Returns a message with the command that continues the run after an interruption: "To go on:
/// ...". `journal` is its path. A rehearsal continues only if its journal is named.
[[nodiscard]] std::string continuation_of(const RunOptions& options, const std::string& journal);

}  // namespace keyferry::cli
