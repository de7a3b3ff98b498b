// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "engine/journal/read/open.hpp"
#include "engine/run/executor.hpp"
#include "planner/review/plan_review.hpp"
#include "tests/soak/life.hpp"
#include "tests/soak/watched_journal.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>

namespace keyferry::soak {

/// The journal cannot be opened, so no process of the program can start.
class CannotStart : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The survey with which a run begins.
struct RunSurvey {
    bool is_answered = true;           ///< false: no Region responds, so nothing is surveyed
    std::chrono::milliseconds age{0};  ///< how old its result is when the run begins
};

/// One process that creates the fleet's replicas, with the real survey and executor and a journal
/// on the machine's disk.
class RunLife final : public Life {
  public:
    /// Without a survey, the run begins like a rehearsal. Throws CannotStart.
    RunLife(World& world,
            Machine& machine,
            const LifeSettings& settings,
            const std::optional<RunSurvey>& survey);

    /// The state of the journal at the start of this process.
    const engine::JournalReplay& before() const noexcept { return journal_.replay; }
    engine::Progress progress() const { return executor_->progress(); }

  private:
    boost::asio::awaitable<LifeEnd> work() override;
    void stop() override;
    boost::asio::awaitable<void> survey();
    boost::asio::awaitable<void> let_survey_age();

    std::uint64_t seed_;
    std::optional<RunSurvey> survey_;
    engine::QuotaUse quota_use_;  ///< by the survey and the run
    std::unique_ptr<engine::RepeatableCalls> calls_;
    planner::PlanReview review_;
    bool is_stopped_ = false;
    engine::StartedJournal journal_;
    std::unique_ptr<engine::JournalWriter> writer_;
    std::unique_ptr<WatchedJournal> watched_journal_;
    std::unique_ptr<engine::Executor> executor_;
};

}  // namespace keyferry::soak
