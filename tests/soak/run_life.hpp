// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/open.hpp"
#include "engine/run/executor.hpp"
#include "tests/soak/life.hpp"
#include "tests/soak/watched_journal.hpp"

#include <memory>
#include <stdexcept>

namespace keyferry::soak {

/// The journal cannot be opened, so no process of the program can start.
class CannotStart : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// One process that creates the fleet's replicas, with the real executor and a journal on the
/// machine's disk.
class RunLife final : public Life {
  public:
    /// Throws CannotStart.
    RunLife(World& world, Machine& machine, const LifeSettings& settings);

    /// The state of the journal at the start of this process.
    const engine::JournalReplay& before() const noexcept { return journal_.replay; }
    engine::Progress progress() const { return executor_->progress(); }

  private:
    boost::asio::awaitable<LifeEnd> work() override;
    void stop() override { executor_->stop(); }

    engine::StartedJournal journal_;
    std::unique_ptr<engine::JournalWriter> writer_;
    std::unique_ptr<WatchedJournal> watched_journal_;
    std::unique_ptr<engine::Executor> executor_;
};

}  // namespace keyferry::soak
