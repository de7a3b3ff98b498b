// SPDX-License-Identifier: Apache-2.0
// Runs the real executor for hours of virtual time with throttling, outages, kills and reruns that
// are generated from a seed; see soak.hpp. Prints one line per seed to stdout. Exits with status 1
// if an invariant was violated.
#include "tests/soak/soak.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unistd.h>

namespace {

/// Printed if an assertion aborts the program during a seed.
std::string replay_command;

void print_replay_command(int /*signal*/) {
    const std::string text = "\nthe program was aborted; replay: " + replay_command + "\n";
    // NOLINTNEXTLINE: nothing can be done about a failure here
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) {
        std::_Exit(EXIT_FAILURE);
    }
    std::signal(SIGABRT, SIG_DFL);
}

struct SeedRange {
    std::uint64_t first = 1;
    std::uint64_t last = 1;
};

SeedRange parse_seeds(const std::string& text) {
    const std::size_t dots = text.find("..");
    if (dots == std::string::npos) {
        throw keyferry::cli::UsageError("--seeds", "expected A..B, such as 1..20");
    }
    try {
        SeedRange range{std::stoull(text.substr(0, dots)), std::stoull(text.substr(dots + 2))};
        return range;
    } catch (const std::exception&) {
        throw keyferry::cli::UsageError("--seeds", "expected A..B, such as 1..20");
    }
}

bool run_seed(std::uint64_t seed,
              double hours,
              bool verbose,
              const std::string& journal,
              const std::string& program) {
    replay_command = fmt::format("{} --seed {} --hours {} --verbose", program, seed, hours);
    std::function<void(const std::string&)> log;
    if (verbose) {
        log = [](const std::string& line) {
            fmt::print("{}\n", line);
        };
    }
    const auto began = std::chrono::steady_clock::now();
    const keyferry::soak::SoakResult result =
        keyferry::soak::soak(seed, keyferry::soak::SoakHours(hours), log);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    fmt::print(
        "seed={} digest={} virtual_s={:.3f} jobs={} lives={} calls={} wall_s={:.3f} "
        "verdict={}\n",
        result.seed,
        result.digest,
        result.virtual_time.count(),
        result.jobs,
        result.lives,
        result.calls,
        took.count(),
        result.violations.empty() ? "ok" : "FAILED");
    for (const std::string& violation : result.violations) {
        fmt::print("  violated at {}\n", violation);
    }
    if (!result.violations.empty()) {
        fmt::print("  replay: {}\n", replay_command);
    }
    std::fflush(stdout);
    if (!journal.empty()) {
        std::ofstream(journal, std::ios::binary) << result.journal;
    }
    return result.violations.empty();
}

}  // namespace

int main(int argc, char** argv) {
    keyferry::cli::CommandLine line("keyferry_soak",
                                    "Runs the executor through hours of virtual time with random "
                                    "failures, generated from a seed");
    std::uint64_t seed = 1;
    std::string seeds;
    std::string journal;
    double hours = 24;
    bool verbose = false;
    const keyferry::cli::Option one = line.option("--seed", seed, "The seed").show_default();
    line.option("--seeds", seeds, "All seeds of A..B").excludes(one);
    line.option("--hours", hours, "Virtual hours of failures").range(0.1, 1000.0).show_default();
    line.flag("--verbose", verbose, "Print the fleet, the failures and each run");
    line.option("--journal", journal, "Write the journal of the last seed to this file");
    line.on_run([&] {
        const SeedRange range = seeds.empty() ? SeedRange{seed, seed} : parse_seeds(seeds);
        std::signal(SIGABRT, print_replay_command);
        bool all_ok = true;
        for (std::uint64_t next = range.first; next <= range.last; ++next) {
            all_ok = run_seed(next, hours, verbose, journal, argv[0]) && all_ok;
        }
        return all_ok ? EXIT_SUCCESS : EXIT_FAILURE;
    });
    return line.run(argc, argv);
}
