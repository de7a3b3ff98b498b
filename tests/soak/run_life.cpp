// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/run_life.hpp"

#include "engine/journal/read/header.hpp"

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

RunLife::RunLife(World& world, Machine& machine, const LifeSettings& settings)
    : Life(world, machine, settings) {
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

boost::asio::awaitable<LifeEnd> RunLife::work() {
    co_return end_of(co_await executor_->run());
}

}  // namespace keyferry::soak
