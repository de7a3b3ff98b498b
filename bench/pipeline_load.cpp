// SPDX-License-Identifier: Apache-2.0
// Measures the cost of the journal at full speed. Runs the production executor and HTTP client,
// with quotas that do not limit them, alternately with a journal on disk and with one that discards
// everything:
//
//     pipeline_load --url URL [--calls N] [--rounds N] [--folder FOLDER]
//
// Prints a JSON array with one object per run: {"journal":true,"calls":N,"wall_s":X,"cpu_us":X}.
// cpu_us is the CPU time of all threads per call. Part of bench/journal_cost.py.
#include "engine/journal/read/open.hpp"
#include "engine/journal/write/writer.hpp"
#include "engine/run/executor.hpp"
#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/clock/steady_clock.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace keyferry::bench {
namespace {

namespace asio = boost::asio;

/// The current length of STS session tokens.
constexpr std::size_t kSessionTokenBytes = 703;

constexpr std::string_view kFleet = R"([fleet]
name = "pipeline"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "all"
keys_file = "keys"
replicate_to = ["eu-west-1"]
policy = "default"
tags = { team = "payments" }
[limits]
share = 1.0
in_flight_max_per_endpoint = 512
[[limits.quota]]
ReplicateKey = 500000
CreateKey = 1000000
)";

struct Options {
    std::string url;
    std::string folder = std::filesystem::temp_directory_path().string();
    std::uint64_t calls = 200'000;
    std::uint64_t rounds = 5;
};

/// A journal that discards everything and reports it as durable immediately.
class NoJournal final : public engine::JobJournal {
  public:
    void on_failure(std::function<void(const engine::JournalFailure&)>) override {}
    void write(const engine::JobEntry&) override {}
    std::uint64_t write_soon(const engine::JobEntry&) override { return 0; }
    std::uint64_t durable_end() const noexcept override { return 0; }
    void on_durable(std::function<void()>) override {}
    void write_end(const engine::RunEndEntry&) override {}
    asio::awaitable<bool> flush() override { co_return true; }
    const std::optional<engine::JournalFailure>& failure() const noexcept override { return none_; }

  private:
    std::optional<engine::JournalFailure> none_;
};

planner::Plan plan_of(std::uint64_t calls) {
    const planner::FileReader keys = [calls](const std::string&) {
        planner::FileText file;
        for (std::uint64_t key = 0; key < calls; ++key) {
            file.text += fmt::format("mrk-{:032x}\n", key);
        }
        return io::Parsed<planner::FileText>(std::move(file));
    };
    planner::FleetLoad load = planner::load_fleet(kFleet, "fleet.toml", keys);
    if (!load.plan) {
        throw std::runtime_error(planner::line_of(load.problems.at(0)));
    }
    return *std::move(load.plan);
}

double cpu_us() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

struct Figures {
    double wall_s = 0;
    double cpu_us_per_call = 0;
};

/// Runs once, from the opened journal to the last record.
Figures run(const planner::Plan& plan,
            io::KmsClient& client,
            io::Clock& clock,
            engine::JobJournal& journal,
            asio::io_context& io) {
    engine::Executor executor(plan, client, clock, journal, io.get_executor(), 1);
    std::exception_ptr failed;
    std::optional<engine::RunEnd> end;
    const double cpu_before_us = cpu_us();
    const io::Moment begun = clock.now();
    asio::co_spawn(io, executor.run(), [&](std::exception_ptr error, engine::RunEnd how) {
        failed = error;
        end = how;
        io.stop();
    });
    io.run();
    Figures figures;
    figures.wall_s = std::chrono::duration<double>(clock.now() - begun).count();
    figures.cpu_us_per_call = (cpu_us() - cpu_before_us) / static_cast<double>(plan.jobs.size());
    if (failed) {
        std::rethrow_exception(failed);
    }
    const engine::Progress progress = executor.progress();
    if (end != engine::RunEnd::finished ||
        progress.ended.of(engine::Attribution::created) != plan.jobs.size()) {
        throw std::runtime_error(fmt::format("only {} of {} replicas were created",
                                             progress.ended.of(engine::Attribution::created),
                                             plan.jobs.size()));
    }
    return figures;
}

Figures run_with_journal(const planner::Plan& plan,
                         io::KmsClient& client,
                         io::Clock& clock,
                         asio::io_context& io,
                         const std::string& path) {
    std::filesystem::remove(path);
    engine::JournalResult<engine::OpenedJournal> journal =
        engine::open_journal(path,
                             engine::journal_header(plan, "bench", false),
                             engine::run_of_this_process("bench", ""),
                             clock.wall_now());
    if (!journal) {
        throw std::runtime_error(journal.error().text);
    }
    Figures figures;
    {
        asio::thread_pool flush_thread(1);
        engine::JournalWriter writer(*journal->file,
                                     journal->start.tail,
                                     clock,
                                     io.get_executor(),
                                     flush_thread.get_executor(),
                                     engine::JournalWriterSettings{});
        figures = run(plan, client, clock, writer, io);
        flush_thread.join();
    }
    std::filesystem::remove(path);
    return figures;
}

Figures one_run(const planner::Plan& plan, const Options& options, bool with_journal) {
    asio::io_context io{1};
    io::SteadyClock clock(io);
    const io::Endpoint endpoint = io::Endpoint::parse(options.url).value();
    auto credentials = std::make_shared<const io::Credentials>(
        io::make_credentials("AKIDEXAMPLE",
                             "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                             std::string(kSessionTokenBytes, 't'),
                             "the benchmark")
            .value());
    io::KmsHttpClient client(
        io,
        clock,
        [&](const io::AccountRegion&) { return credentials; },
        io::RefreshCredentials(),
        [&](const io::Region&) { return io::Parsed<io::Endpoint>(endpoint); },
        io::HttpSettings{},
        "bench");
    if (with_journal) {
        const std::string path = fmt::format("{}/pipeline-{}.journal", options.folder, ::getpid());
        return run_with_journal(plan, client, clock, io, path);
    }
    NoJournal journal;
    return run(plan, client, clock, journal, io);
}

int measure(const Options& options) {
    const planner::Plan plan = plan_of(options.calls);
    std::string separator = "[";
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
        // Alternate which one runs first, so that changes in the machine's load affect both.
        for (const bool with_journal : {round % 2 == 0, round % 2 != 0}) {
            const Figures figures = one_run(plan, options, with_journal);
            fmt::print("{}{{\"journal\":{},\"calls\":{},\"wall_s\":{:.3f},\"cpu_us\":{:.3f}}}",
                       separator,
                       with_journal,
                       plan.jobs.size(),
                       figures.wall_s,
                       figures.cpu_us_per_call);
            separator = ",\n ";
        }
    }
    fmt::print("]\n");
    return EXIT_SUCCESS;
}

int run_program(int argc, char** argv) {
    cli::CommandLine line("pipeline_load", "Measures what the journal costs per call");
    Options options;
    line.option("--url", options.url, "URL of a fixed_responder").required();
    line.option("--calls", options.calls, "Calls per run").show_default();
    line.option("--rounds", options.rounds, "Pairs of runs, with and without a journal")
        .show_default();
    line.option("--folder", options.folder, "Where the journal is written").show_default();
    line.on_run([&] { return measure(options); });
    return line.run(argc, argv);
}

}  // namespace
}  // namespace keyferry::bench

int main(int argc, char** argv) try {
    return keyferry::bench::run_program(argc, argv);
} catch (const std::exception& error) {
    fmt::print(stderr, "pipeline_load: {}\n", error.what());
    return EXIT_FAILURE;
}
