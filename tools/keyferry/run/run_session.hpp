// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/open.hpp"
#include "engine/run/executor.hpp"
#include "tools/keyferry/fleet/fleet_pipeline.hpp"
#include "tools/keyferry/options/run_options.hpp"
#include "tools/keyferry/run/journaled_session.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

namespace keyferry::cli {

/// One run of a plan whose journal is open.
class RunSession {
  public:
    /// All arguments must outlive this. The review of the fleet determines the requests of the run,
    /// except in a rehearsal without a saved plan, because a simulated fleet contains exactly the
    /// replicas that its journal records. `path` names the journal in messages.
    RunSession(const RunOptions& options,
               const Fleet& fleet,
               engine::OpenedJournal& journal,
               std::string path,
               KmsSession& session);

    /// Runs to completion. Rethrows exceptions from the run.
    [[nodiscard]] engine::RunEnd run();

    /// Returns the exit code of a run that ended as `end`: `report_exit_code`, that of its report,
    /// combined with that of the replicas that could not be checked, which are logged. Throws
    /// CommandError if the run was cut short.
    [[nodiscard]] int exit_code(engine::RunEnd end, int report_exit_code) const;

    /// The number of replicas that earlier runs recorded as done and that this run could not check.
    [[nodiscard]] std::uint64_t unchecked() const { return executor_.progress().unchecked; }

    /// The error that prevented reserving more space for the journal, if this stopped the run.
    [[nodiscard]] std::error_code no_room() const noexcept { return session_.no_room(); }

  private:
    boost::asio::awaitable<void> execute() { end_ = co_await executor_.run(); }
    void log_unchecked() const;
    [[nodiscard]] int unchecked_exit_code() const;

    std::string path_;
    std::string continuation_;  ///< a message about how to resume after an interruption
    io::Clock& clock_;
    JournaledSession session_;
    engine::Executor executor_;
    /// Initial value for a run that does not complete because its journal fails while calls are in
    /// flight.
    engine::RunEnd end_ = engine::RunEnd::journal_failed;
};

/// Returns the message "To resume: ..." with the command that resumes the run, whose journal is at
/// `journal`, after an interruption. A rehearsal resumes only with --journal.
[[nodiscard]] std::string continuation_of(const RunOptions& options, const std::string& journal);

}  // namespace keyferry::cli
