// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/open.hpp"
#include "engine/journal/write/writer.hpp"
#include "engine/run/executor.hpp"
#include "io/clock/virtual_clock.hpp"
#include "tests/soak/failures.hpp"
#include "tests/soak/machine.hpp"
#include "tests/soak/slow_executor.hpp"
#include "tests/soak/troubled_client.hpp"
#include "tests/soak/watched_client.hpp"
#include "tests/soak/watched_journal.hpp"
#include "tests/soak/world.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"
#include "tools/simulator/values/shifted_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace keyferry::soak {

/// How one process of the program ended.
enum class LifeEnd : std::uint8_t {
    finished,
    stopped,
    refused,
    journal_failed,
    killed,     ///< interrupted from outside, at any point
    timed_out,  ///< still running or stuck at its deadline
    threw,      ///< the run threw an exception
};

/// "finished", "stopped", ...
std::string_view name_of(LifeEnd end) noexcept;

/// The journal cannot be opened, so no process of the program can start.
class CannotStart : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct LifeSettings {
    io::Moment start;
    std::uint64_t seed = 0;
    bool retry_failed = false;   ///< like `--retry-failed`
    bool has_slow_disk = false;  ///< whether the disk is slow at any time of the soak
};

/// One process of the program that runs a fleet: the real executor, with the journal on the
/// machine's disk, under virtual time. World and machine outlive it.
class Life {
  public:
    /// Throws CannotStart.
    Life(World& world, Machine& machine, const LifeSettings& settings);

    /// The state of the journal at the start of this process.
    const engine::JournalReplay& before() const noexcept { return journal_.replay; }

    ~Life();
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    /// Runs until the run ends, is interrupted, or reaches `deadline`.
    LifeEnd run(const std::optional<Interruption>& interruption, io::Moment deadline);

    io::Moment now() const { return clock_.now(); }
    engine::Progress progress() const { return executor_->progress(); }
    const std::string& exception_message() const noexcept { return thrown_; }

  private:
    void spawn();
    void wait_for_event();
    void wait_for_machine();
    bool run_until(io::Moment moment);
    io::Moment run_through_sleeps(io::Moment end);
    void interrupt_at(const Interruption& interruption);
    void interrupt(const Interruption& interruption);
    LifeEnd life_end() const;

    World& world_;
    Machine& machine_;
    boost::asio::io_context io_{1};
    io::VirtualClock clock_;
    simulator::ShiftedClock machine_clock_;
    simulator::ShiftedClock kms_clock_;
    simulator::SimulatorKmsClient kms_client_;
    TroubledClient troubled_client_;
    WatchedClient client_;
    engine::StartedJournal journal_;
    std::unique_ptr<engine::JournalWriter> writer_;
    std::unique_ptr<WatchedJournal> watched_journal_;
    std::unique_ptr<engine::Executor> executor_;
    std::optional<engine::RunEnd> end_;
    bool interrupted_ = false;
    bool killed_ = false;
    std::string thrown_;
};

}  // namespace keyferry::soak
