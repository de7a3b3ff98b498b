// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/simulated/rehearsal.hpp"

#include "engine/journal/read/open.hpp"
#include "engine/journal/write/writer.hpp"
#include "engine/survey/survey.hpp"
#include "io/clock/virtual_clock.hpp"
#include "io/file/memory_append_file.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/review/plan_filter.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/simulated/simulated_fleet.hpp"
#include "tools/keyferry/terminal/version.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

/// Reads the policies and tags to copy from the simulator's primaries. Replicas for which this
/// fails are removed from the plan; returns nullopt if no replica is left.
std::optional<planner::Plan> with_contents(planner::Plan plan,
                                           std::uint64_t seed,
                                           io::KmsClient& client,
                                           io::VirtualClock& clock,
                                           asio::io_context& io) {
    engine::RepeatableCalls reads(plan.settings, client, clock, io.get_executor(), seed);
    engine::Survey survey(plan, reads);
    std::exception_ptr failure;
    asio::co_spawn(io, survey.run(), [&](std::exception_ptr error) {
        failure = std::move(error);
        io.stop();
    });
    clock.run(io);
    io.restart();
    if (failure) {
        std::rethrow_exception(failure);
    }
    planner::Inventory inventory = survey.take_inventory();
    planner::ReviewedPlan reviewed;
    reviewed.review = planner::compare_with_inventory(plan, inventory);
    planner::set_contents(plan, std::move(inventory.contents));
    reviewed.plan = std::move(plan);
    planner::PlanFilter creations;
    creations.actions = {planner::JobAction::create};
    return planner::filter(reviewed, creations)
               ? std::optional<planner::Plan>(std::move(reviewed.plan))
               : std::nullopt;
}

Rehearsal rehearse_run(const planner::Plan& plan,
                       simulator::SimulatedKms& kms,
                       std::uint64_t seed,
                       io::KmsClient& client,
                       io::VirtualClock& clock,
                       asio::io_context& io) {
    const io::Moment started_at = clock.now();
    io::MemoryAppendFile file;
    const engine::JournalResult<engine::StartedJournal> journal =
        engine::start_journal(file,
                              engine::journal_header(plan, kToolVersion, true),
                              engine::run_of_this_process(kToolVersion, ""),
                              clock.wall_now(),
                              "(memory)",
                              nullptr,
                              &plan);
    if (!journal) {
        throw std::runtime_error("cannot start the rehearsal's journal: " + journal.error().text);
    }
    engine::JournalWriter writer(file,
                                 journal->tail,
                                 clock,
                                 io.get_executor(),
                                 io.get_executor(),
                                 engine::JournalWriterSettings{});
    engine::Executor executor(plan, client, clock, writer, io.get_executor(), seed);

    Rehearsal rehearsal;
    std::exception_ptr failure;
    asio::co_spawn(io, executor.run(), [&](std::exception_ptr error, engine::RunEnd end) {
        failure = std::move(error);
        rehearsal.end = end;
        rehearsal.took = clock.now() - started_at;
        io.stop();
    });
    clock.run(io);
    if (failure) {
        std::rethrow_exception(failure);
    }
    rehearsal.progress = executor.progress();
    rehearsal.effects = kms.ledger().effects(simulator::EffectKind::replica_created);
    return rehearsal;
}

}  // namespace

Rehearsal rehearse(const planner::Plan& plan, const simulator::SimulatorSettings& settings) {
    simulator::SimulatedKms kms(settings);
    fill_simulator(kms, plan);
    return rehearse(plan, kms, settings.model.seed);
}

Rehearsal rehearse(const planner::Plan& plan, simulator::SimulatedKms& kms, std::uint64_t seed) {
    asio::io_context io{1};
    io::VirtualClock clock(io);
    simulator::SimulatorClientSettings client_settings;
    client_settings.seed = seed;
    client_settings.request_deadline = std::chrono::seconds(30);  // the same as in the HTTP client
    simulator::SimulatorKmsClient client(kms, clock, client_settings);
    if (!planner::lacks_contents(plan)) {
        return rehearse_run(plan, kms, seed, client, clock, io);
    }
    std::optional<planner::Plan> readable = with_contents(plan, seed, client, clock, io);
    Rehearsal rehearsal;
    if (readable) {
        rehearsal = rehearse_run(*readable, kms, seed, client, clock, io);
    }
    rehearsal.unreadable = plan.jobs.size() - (readable ? readable->jobs.size() : 0);
    return rehearsal;
}

std::string rehearsal_text(const Rehearsal& rehearsal) {
    using engine::Attribution;
    using engine::JobPhase;
    const engine::Progress& progress = rehearsal.progress;
    const engine::JobCounts& ended = progress.ended;
    return fmt::format(
        "{} against the simulator in virtual time: {:.1f} s, {}, {} throttled;\n{} created, {} "
        "created (reconciled), {} existed, {} failed, {} in conflict, {} blocked,\n{} unusable, {} "
        "unknown, {} deferred{}",
        rehearsal.end == engine::RunEnd::finished ? "rehearsed" : "rehearsed, NOT finished,",
        rehearsal.took.count(),
        planner::counted(progress.calls, "call"),
        progress.throttled,
        ended.of(Attribution::created),
        ended.of(Attribution::created_reconciled),
        ended.of(Attribution::existed),
        ended.of(JobPhase::failed),
        ended.of(JobPhase::conflict),
        ended.of(JobPhase::blocked),
        ended.of(JobPhase::unusable),
        ended.of(JobPhase::unknown),
        ended.of(JobPhase::deferred),
        rehearsal.unreadable == 0
            ? ""
            : fmt::format("; {} not started because policies or tags to copy could not be read",
                          rehearsal.unreadable));
}

}  // namespace keyferry::cli
