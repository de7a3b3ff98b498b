#include "tools/keyferry/rehearsal.hpp"

#include "engine/journal_open.hpp"
#include "engine/journal_writer.hpp"
#include "io/clock/virtual_clock.hpp"
#include "io/file/memory_append_file.hpp"
#include "tools/keyferry/simulation.hpp"
#include "tools/keyferry/version.hpp"
#include "tools/simulator/simulator_kms_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <exception>
#include <stdexcept>

namespace keyferry {

namespace asio = boost::asio;

Rehearsal rehearse(const Plan& plan, const SimulatorSettings& settings) {
    SimulatedKms kms(settings);
    fill_simulator(kms, plan);
    return rehearse(plan, kms, settings.model.seed);
}

Rehearsal rehearse(const Plan& plan, SimulatedKms& kms, std::uint64_t seed) {
    asio::io_context io{1};
    VirtualClock clock(io);
    SimulatorClientSettings client_settings;
    client_settings.seed = seed;
    SimulatorKmsClient client(kms, clock, client_settings);

    MemoryAppendFile file;
    const JournalResult<StartedJournal> journal =
        start_journal(file,
                      journal_header(plan, kToolVersion, true),
                      run_of_this_process(kToolVersion, ""),
                      clock.wall_now(),
                      "(memory)",
                      nullptr,
                      &plan);
    if (!journal) {
        throw std::runtime_error("the rehearsal's journal: " + journal.error().text);
    }
    JournalWriter writer(
        file, journal->tail, clock, io.get_executor(), io.get_executor(), JournalWriterSettings{});
    Executor executor(plan, client, clock, writer, io.get_executor(), seed);

    Rehearsal rehearsal;
    std::exception_ptr failure;
    asio::co_spawn(io, executor.run(), [&](std::exception_ptr error, RunEnd end) {
        failure = std::move(error);
        rehearsal.end = end;
        rehearsal.took = clock.now() - Moment{};
        io.stop();
    });
    clock.run(io);
    if (failure) {
        std::rethrow_exception(failure);
    }
    rehearsal.progress = executor.progress();
    rehearsal.effects = kms.ledger().effects(EffectKind::replica_created);
    return rehearsal;
}

std::string rehearsal_text(const Rehearsal& rehearsal) {
    const Progress& progress = rehearsal.progress;
    return fmt::format(
        "{} against the simulator in virtual time: {:.1f} s, {} calls, {} throttled;\n"
        "{} created, {} created (reconciled), {} existed, {} failed, {} in conflict, {} unknown, "
        "{} deferred",
        rehearsal.end == RunEnd::finished ? "rehearsed" : "rehearsed, and NOT finished,",
        rehearsal.took.count(),
        progress.calls,
        progress.throttled,
        progress.created,
        progress.created_reconciled,
        progress.existed,
        progress.failed,
        progress.conflicts,
        progress.unknown,
        progress.deferred);
}

}  // namespace keyferry
