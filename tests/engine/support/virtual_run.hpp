// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/open.hpp"
#include "engine/journal/write/writer.hpp"
#include "engine/run/executor.hpp"
#include "io/clock/virtual_clock.hpp"
#include "io/file/memory_append_file.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace keyferry::engine {

/// One process that runs a plan in virtual time, with the real executor, the simulator's model and
/// an in-memory journal. The simulator and the journal outlive the process, so that tests can
/// simulate crashes.
class VirtualRun {
  public:
    /// Inserts a test client in front of the simulator's.
    using Wrap = std::function<std::unique_ptr<io::KmsClient>(io::KmsClient& client)>;

    /// `start` is the beginning of virtual time. The simulator's time must not go back between
    /// runs.
    VirtualRun(const planner::Plan& plan,
               simulator::SimulatedKms& kms,
               io::MemoryAppendFile& file,
               io::Moment start = io::Moment{},
               const Wrap& wrap = nullptr,
               const simulator::SimulatorClientSettings& client_settings = {})
        : plan_(plan), clock_(io_), client_(kms, clock_, client_settings) {
        if (wrap) {
            wrapped_ = wrap(client_);
        }
        clock_.advance(start - io::Moment{});
        JournalResult<StartedJournal> journal =
            start_journal(file,
                          journal_header(plan, "keyferry test", true),
                          run_of_this_process("keyferry test", ""),
                          clock_.wall_now(),
                          "(memory)",
                          nullptr,
                          &plan);
        if (!journal) {
            throw std::runtime_error(journal.error().text);
        }
        journal_ = std::move(*journal);
        writer_ = std::make_unique<JournalWriter>(file,
                                                  journal_.tail,
                                                  clock_,
                                                  io_.get_executor(),
                                                  io_.get_executor(),
                                                  JournalWriterSettings{});
        executor_ =
            std::make_unique<Executor>(plan_, client(), clock_, *writer_, io_.get_executor(), 1);
        if (journal_.resumed) {
            executor_->restore(journal_.replay, false);
        }
    }

    /// Runs to completion and returns how the run ended.
    RunEnd run() {
        spawn();
        clock_.run(io_);
        if (error_) {
            std::rethrow_exception(error_);
        }
        return end_.value();
    }

    /// Runs until `moment` and then stops as if killed. A later call continues the run.
    void run_until(io::Moment moment) {
        spawn();
        clock_.run_until(io_, moment);
    }

    bool is_over() const { return end_.has_value(); }
    Executor& executor() { return *executor_; }
    io::VirtualClock& clock() { return clock_; }
    const StartedJournal& journal() const { return journal_; }

  private:
    void spawn() {
        if (std::exchange(spawned_, true)) {
            return;
        }
        boost::asio::co_spawn(io_, executor_->run(), [this](std::exception_ptr error, RunEnd end) {
            error_ = std::move(error);
            end_ = end;
            io_.stop();
        });
    }

    io::KmsClient& client() { return wrapped_ ? *wrapped_ : static_cast<io::KmsClient&>(client_); }

    const planner::Plan& plan_;
    boost::asio::io_context io_{1};
    io::VirtualClock clock_;
    simulator::SimulatorKmsClient client_;
    std::unique_ptr<io::KmsClient> wrapped_;
    StartedJournal journal_;
    std::unique_ptr<JournalWriter> writer_;
    std::unique_ptr<Executor> executor_;
    bool spawned_ = false;
    std::optional<RunEnd> end_;
    std::exception_ptr error_;
};

}  // namespace keyferry::engine
