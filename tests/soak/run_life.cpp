// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/run_life.hpp"

#include "engine/journal/read/header.hpp"
#include "engine/survey/survey.hpp"
#include "planner/review/compare_with_inventory.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace keyferry::soak {

namespace {

LifeEnd end_of(engine::RunEnd end) {
    switch (end) {
        case engine::RunEnd::finished:
            return LifeEnd::finished;
        case engine::RunEnd::stopped:
            return LifeEnd::stopped;
        case engine::RunEnd::refused:
            return LifeEnd::refused;
        case engine::RunEnd::journal_failed:
            return LifeEnd::journal_failed;
    }
    return LifeEnd::threw;
}

}  // namespace

RunLife::RunLife(World& world,
                 Machine& machine,
                 const LifeSettings& settings,
                 const std::optional<RunSurvey>& survey)
    : Life(world, machine, settings), seed_(settings.seed), survey_(survey) {
    engine::JournalResult<engine::StartedJournal> journal =
        engine::start_journal(machine.file(),
                              engine::journal_header(world.plan(), "keyferry soak", true),
                              run_of_soak(),
                              clock().wall_now(),
                              "(memory)",
                              nullptr,
                              &world.plan());
    if (!journal) {
        throw CannotStart("the journal cannot be opened: " + journal.error().text);
    }
    journal_ = std::move(*journal);
    writer_ = make_writer(journal_.tail, journal_.room);
    watched_journal_ = std::make_unique<WatchedJournal>(*writer_, world);
    executor_ = std::make_unique<engine::Executor>(
        world.plan(), client(), clock(), *watched_journal_, io().get_executor(), settings.seed);
    if (journal_.resumed) {
        executor_->restore(journal_.replay, settings.retry_failed);
    }
}

void RunLife::stop() {
    is_stopped_ = true;
    if (calls_) {
        calls_->stop();
    }
    executor_->stop();
}

/// Takes the same steps as the command. A signal during the survey ends the process before the run.
boost::asio::awaitable<LifeEnd> RunLife::work() {
    if (survey_) {
        co_await survey();
        if (calls_ && !calls_->refusal().empty()) {
            co_return LifeEnd::refused;
        }
        if (!is_stopped_) {
            co_await let_survey_age();
        }
        if (is_stopped_) {
            co_return LifeEnd::stopped;
        }
        executor_->use_survey(review_);
    }
    co_return end_of(co_await executor_->run());
}

/// Like the command's survey, waits only briefly for an endpoint that is down.
boost::asio::awaitable<void> RunLife::survey() {
    if (!survey_->is_answered) {
        review_ = planner::unsurveyed_review(world().plan());
        co_return;
    }
    constexpr std::chrono::milliseconds kParkMax{30'000};
    const planner::RunSettings& settings = world().plan().settings;
    calls_ = std::make_unique<engine::RepeatableCalls>(
        settings,
        client(),
        clock(),
        io().get_executor(),
        seed_ + 1,
        std::min<std::chrono::milliseconds>(settings.wait.park_timeout, kParkMax));
    calls_->share_quota_use(quota_use_);
    executor_->share_quota_use(quota_use_);
    engine::Survey survey(world().plan(), *calls_);
    co_await survey.run();
    const planner::Inventory inventory = survey.take_inventory();
    review_ = planner::compare_with_inventory(world().plan(), inventory);
}

boost::asio::awaitable<void> RunLife::let_survey_age() {
    constexpr std::chrono::seconds kStep{1};  // so that a stop ends the wait
    const io::Moment begins_at = clock().now() + survey_->age;
    while (!is_stopped_ && clock().now() < begins_at) {
        const io::Moment next = std::min<io::Moment>(begins_at, clock().now() + kStep);
        co_await clock().sleep_until(next, boost::asio::use_awaitable);
    }
}

}  // namespace keyferry::soak
