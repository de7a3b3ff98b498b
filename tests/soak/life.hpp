// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/write/writer.hpp"
#include "io/clock/virtual_clock.hpp"
#include "tests/soak/failures.hpp"
#include "tests/soak/machine.hpp"
#include "tests/soak/troubled_client.hpp"
#include "tests/soak/watched_client.hpp"
#include "tests/soak/world.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"
#include "tools/simulator/values/shifted_clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

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

struct LifeSettings {
    io::Moment start;
    std::uint64_t seed = 0;
    bool retry_failed = false;   ///< like `--retry-failed`
    bool has_slow_disk = false;  ///< whether the disk is slow at any time of the soak
};

/// Thrown in the middle of a disk sync to end the process immediately.
struct Killed : std::exception {};

/// The journal's `run` record. It is the same in every process and on every machine, so that the
/// journals are identical.
[[nodiscard]] engine::JournalRun run_of_soak();

/// One process of the program on a fleet in virtual time: its clients, clocks and disk, and how it
/// is interrupted. A derived class does the work. The World and the Machine must outlive the
/// process.
class Life {
  public:
    virtual ~Life();
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    /// Runs until the work ends, is interrupted, or reaches `deadline`.
    LifeEnd run(const std::optional<Interruption>& interruption, io::Moment deadline);

    io::Moment now() const { return clock_.now(); }
    const std::string& exception_message() const noexcept { return thrown_; }

  protected:
    Life(World& world, Machine& machine, const LifeSettings& settings);

    /// The work of the process.
    virtual boost::asio::awaitable<LifeEnd> work() = 0;
    /// The reaction to SIGINT.
    virtual void stop() = 0;

    World& world() noexcept { return world_; }
    Machine& machine() noexcept { return machine_; }
    boost::asio::io_context& io() noexcept { return io_; }
    WatchedClient& client() noexcept { return client_; }
    /// The machine's clock.
    io::Clock& clock() noexcept { return machine_clock_; }
    /// The clock of the virtual world.
    io::Clock& world_clock() noexcept { return clock_; }
    /// Returns a journal writer that is as fast as the machine's disk allows.
    std::unique_ptr<engine::JournalWriter> make_writer(const engine::JournalTail& tail,
                                                       const engine::JournalRoom& room);
    /// While this is set, an interruption in the middle of a sync throws Killed, so that nothing is
    /// written afterwards.
    void throw_when_killed(bool throws) noexcept { throws_when_killed_ = throws; }

  private:
    void spawn();
    void wait_for_event();
    void wait_for_machine();
    bool run_until(io::Moment moment);
    io::Moment run_through_sleeps(io::Moment end);
    void interrupt_at(const Interruption& interruption);
    void interrupt(const Interruption& interruption);

    World& world_;
    Machine& machine_;
    boost::asio::io_context io_{1};
    io::VirtualClock clock_;
    simulator::ShiftedClock machine_clock_;
    simulator::ShiftedClock kms_clock_;
    simulator::SimulatorKmsClient kms_client_;
    TroubledClient troubled_client_;
    WatchedClient client_;
    std::optional<LifeEnd> end_;
    bool interrupted_ = false;
    bool killed_ = false;
    bool throws_when_killed_ = false;
    std::string thrown_;
};

}  // namespace keyferry::soak
