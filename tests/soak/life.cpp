// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/life.hpp"

#include "tests/soak/slow_executor.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

namespace keyferry::soak {

namespace {

using std::chrono::minutes;

/// Maximum time that an interruption waits for its trigger.
constexpr std::chrono::seconds kWaitMax{30};
/// After a stop, the run waits for the calls in flight, each of which has a deadline of 10 s, and
/// for the disk, which may stall for up to a minute at a time.
constexpr minutes kInterruptedMax{5};

simulator::SimulatorClientSettings client_settings(std::uint64_t seed) {
    simulator::SimulatorClientSettings settings;
    settings.seed = seed;
    return settings;
}

}  // namespace

std::string_view name_of(LifeEnd end) noexcept {
    switch (end) {
        case LifeEnd::finished:
            return "finished";
        case LifeEnd::stopped:
            return "stopped";
        case LifeEnd::refused:
            return "refused";
        case LifeEnd::journal_failed:
            return "journal failed";
        case LifeEnd::killed:
            return "killed";
        case LifeEnd::timed_out:
            return "timed out";
        case LifeEnd::threw:
            return "threw";
    }
    return "?";
}

engine::JournalRun run_of_soak() {
    engine::JournalRun run;
    run.pid = 1;
    run.host = "soak";
    run.version = "keyferry soak";
    return run;
}

Life::Life(World& world, Machine& machine, const LifeSettings& settings)
    : world_(world),
      machine_(machine),
      clock_(io_),
      machine_clock_(clock_, machine.clock_ahead()),
      kms_clock_(clock_, machine.kms_ahead()),
      kms_client_(world.kms(), kms_clock_, client_settings(settings.seed)),
      troubled_client_(kms_client_, clock_, world, machine, settings.seed),
      client_(troubled_client_,
              clock_,
              world,
              settings.has_slow_disk ? WatchedClient::kSpacingWithSlowDiskMin
                                     : WatchedClient::kSpacingMin) {
    clock_.advance(settings.start - io::Moment{});
    world_.advance_to(settings.start);
    machine_.advance_to(settings.start, true);
}

Life::~Life() {
    machine_.while_syncing(nullptr);
    world_.at_next_effect(nullptr);
}

std::unique_ptr<engine::JournalWriter> Life::make_writer(const engine::JournalTail& tail,
                                                         const engine::JournalRoom& room) {
    engine::JournalWriterSettings settings;
    settings.room = room;
    auto writer = std::make_unique<engine::JournalWriter>(machine_.file(),
                                                          tail,
                                                          machine_clock_,
                                                          io_.get_executor(),
                                                          SlowExecutor(io_, clock_, machine_),
                                                          settings);
    client_.watch(*writer);
    return writer;
}

void Life::spawn() {
    boost::asio::co_spawn(io_, work(), [this](std::exception_ptr error, LifeEnd end) {
        end_ = end;
        io_.stop();
        if (!error) {
            return;
        }
        end_ = LifeEnd::threw;
        try {
            std::rethrow_exception(error);
        } catch (const Killed&) {
            end_.reset();
        } catch (const std::exception& thrown) {
            thrown_ = thrown.what();
        }
    });
}

void Life::wait_for_event() {
    if (const std::optional<io::Moment> next = world_.next_event()) {
        clock_.sleep_until(*next, [this](boost::system::error_code) {
            world_.advance_to(clock_.now());
            wait_for_event();
        });
    }
}

void Life::wait_for_machine() {
    if (const std::optional<io::Moment> next = machine_.next_event()) {
        clock_.sleep_until(*next, [this](boost::system::error_code) {
            machine_.advance_to(clock_.now(), false);
            wait_for_machine();
        });
    }
}

/// Returns false if the program has already ended.
bool Life::run_until(io::Moment moment) {
    clock_.run_until(io_, moment);
    return !end_ && !killed_;
}

/// Runs until the program ends or until `end`. Each sleep before `end` postpones `end` by its
/// duration.
io::Moment Life::run_through_sleeps(io::Moment end) {
    // A request reaches KMS 5 ms after it was sent. If the computer fell asleep while a request was
    // in transit, the request would arrive late and be counted in a later second than that in which
    // it was sent.
    constexpr std::chrono::milliseconds kOnItsWay{6};
    while (true) {
        const MachineEvent* sleep = machine_.next_sleep();
        if (sleep == nullptr || sleep->at >= end) {
            return run_until(end) ? end : clock_.now();
        }
        if (!run_until(std::max(sleep->at, clock_.now()))) {
            return clock_.now();
        }
        while (clock_.now() - client_.last_sent() < kOnItsWay) {
            if (!run_until(clock_.now() + std::chrono::milliseconds(1))) {
                return clock_.now();
            }
        }
        const std::chrono::milliseconds asleep(sleep->amount);
        clock_.advance(asleep);
        machine_.wake_up(clock_.now());
        wait_for_machine();
        end += asleep;
    }
}

/// Waits for the interruption's trigger from `interruption.at` on.
void Life::interrupt_at(const Interruption& interruption) {
    clock_.sleep_until(interruption.at, [this, interruption](boost::system::error_code) {
        switch (interruption.wait) {
            case Interruption::Wait::nothing:
                interrupt(interruption);
                return;
            case Interruption::Wait::sync:
                machine_.while_syncing([this, interruption] { interrupt(interruption); });
                break;
            case Interruption::Wait::effect:
                world_.at_next_effect([this, interruption] { interrupt(interruption); });
                break;
        }
        clock_.sleep_until(
            interruption.at + kWaitMax,
            [this, interruption](boost::system::error_code) { interrupt(interruption); });
    });
}

void Life::interrupt(const Interruption& interruption) {
    if (std::exchange(interrupted_, true) || end_) {
        return;
    }
    switch (interruption.kind) {
        case Interruption::Kind::kill:
            if (interruption.wait == Interruption::Wait::sync) {
                machine_.file().crash(
                    interruption.unsynced_bytes_kept);  // the sync does not complete
            }
            killed_ = true;
            io_.stop();
            if (throws_when_killed_) {
                throw Killed();
            }
            return;
        case Interruption::Kind::stop:
            stop();
            client_.stop("after a stop");
            return;
        case Interruption::Kind::disk_fails:
            machine_.file().fail_nth(
                io::FileOperation::sync, 1, EIO, io::MemoryAppendFile::Lasting::permanent);
            return;
    }
}

LifeEnd Life::run(const std::optional<Interruption>& interruption, io::Moment deadline) {
    io::Moment end = deadline;
    if (interruption) {
        interrupt_at(*interruption);
        end = interruption->at + kWaitMax + kInterruptedMax;
    }
    wait_for_event();
    wait_for_machine();
    spawn();
    run_through_sleeps(end);
    if (end_) {
        return *end_;
    }
    // If the disk has failed, the program detects this when it writes its next record. If it writes
    // none before the deadline, it is killed.
    const bool may_be_killed = interruption && interruption->kind != Interruption::Kind::stop;
    return may_be_killed ? LifeEnd::killed : LifeEnd::timed_out;
}

}  // namespace keyferry::soak
