// SPDX-License-Identifier: Apache-2.0
// Writes a fleet and the journal of a run that was killed near its end, using the production
// encoder:
//
//     big_journal FOLDER [--jobs N] [--open N]
//
// Creates FOLDER/fleet.toml, FOLDER/keys and FOLDER/fleet.journal: two records for each of N jobs
// (10 replica Regions), except for some evenly distributed jobs whose last record is `sent`. Prints
// {"jobs":N,"open":N,"records":N,"bytes":N}. Part of bench/resume.py.
#include "engine/journal/format/record.hpp"
#include "engine/journal/read/header.hpp"
#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace keyferry::bench {
namespace {

constexpr std::uint64_t kReplicaRegions = 10;
constexpr std::string_view kFleet = R"([fleet]
name = "big"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "all"
keys_file = "keys"
replicate_to = ["eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1",
                "us-east-2", "us-west-1", "us-west-2", "ap-southeast-1", "ap-southeast-2"]
policy = "default"
)";

struct Options {
    std::string folder;
    std::uint64_t jobs = 10'000'000;
    std::uint64_t open = 5'000;
};

struct Counts {
    std::uint64_t open = 0;
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
};

void write_fleet(const Options& options) {
    std::ofstream(options.folder + "/fleet.toml") << kFleet;
    std::ofstream keys(options.folder + "/keys");
    for (std::uint64_t key = 0; key < options.jobs / kReplicaRegions; ++key) {
        keys << fmt::format("mrk-{:032x}\n", key);
    }
    if (!keys.flush()) {
        throw std::runtime_error("cannot write into " + options.folder);
    }
}

/// A journal of the plan, written in batches, as if 512 calls were in flight.
class SyntheticJournal {
  public:
    SyntheticJournal(const planner::Plan& plan, const Options& options)
        : plan_(plan),
          path_(options.folder + "/fleet.journal"),
          file_(path_, std::ios::binary),
          open_every_(
              std::max<std::uint64_t>(options.jobs / std::max<std::uint64_t>(options.open, 1), 2)),
          digest_(planner::request_digest(planner::replicate_request(plan, plan.jobs.at(0)))) {}

    Counts write() {
        encoder_.append(out_, time_, engine::journal_header(plan_, "keyferry bench", false));
        encoder_.append(out_, time_, engine::run_of_this_process("keyferry bench", ""));
        constexpr std::uint64_t kInFlight = 512;
        for (std::uint64_t step = 0; step < plan_.jobs.size() + kInFlight; ++step) {
            if (step % kBatchCalls == 0) {
                encoder_.begin_batch();
                time_ += std::chrono::milliseconds(5);
            }
            if (step < plan_.jobs.size()) {
                sent(job_at(step));
            }
            if (step >= kInFlight) {
                over(job_at(step - kInFlight));
            }
            flush(kFlushBytes);
        }
        flush(0);
        if (!file_.flush()) {
            throw std::runtime_error("cannot write " + path_);
        }
        counts_.records = encoder_.tail().next_sequence;
        return counts_;
    }

  private:
    static constexpr std::uint64_t kBatchCalls = 250;
    static constexpr std::size_t kFlushBytes = 1U << 20U;

    /// The Regions alternate, and each starts with different keys, as in a run.
    planner::JobIndex job_at(std::uint64_t step) const {
        const std::uint64_t keys = plan_.jobs.size() / kReplicaRegions;
        const std::uint64_t region = step % kReplicaRegions;
        const std::uint64_t key = (step / kReplicaRegions + region * keys / kReplicaRegions) % keys;
        return static_cast<planner::JobIndex>(key * kReplicaRegions + region);
    }

    engine::JobEntry entry(engine::JournalEvent event, planner::JobIndex index) const {
        const planner::Job& job = plan_.jobs.at(index);
        return engine::JobEntry(
            event, index, plan_.keys[job.key].primary, plan_.regions[job.region]);
    }

    void sent(planner::JobIndex job) {
        engine::JobEntry sent = entry(engine::JournalEvent::sent, job);
        sent.attempt = 1;
        sent.request_digest = digest_;
        sent.kms_clock_ahead = std::chrono::milliseconds(-123);
        encoder_.append(out_, time_, sent);
    }

    void over(planner::JobIndex job) {
        if (job % open_every_ == 0) {
            ++counts_.open;
            return;
        }
        engine::JobEntry done = entry(engine::JournalEvent::done, job);
        done.attribution = engine::Attribution::created;
        done.key_state = "Enabled";
        done.creation_date_s = 1'787'745'601.25;
        done.request_id = "7b3ac2d6-1b7e-4f6b-9a52-58a2d05f7a3c";
        encoder_.append(out_, time_, done);
    }

    void flush(std::size_t bytes_min) {
        if (out_.size() >= bytes_min) {
            file_ << out_;
            counts_.bytes += out_.size();
            out_.clear();
        }
    }

    const planner::Plan& plan_;
    std::string path_;
    std::ofstream file_;
    std::uint64_t open_every_;
    std::string digest_;
    engine::JournalEncoder encoder_{engine::JournalTail{}};
    io::WallTime time_{std::chrono::milliseconds{1'787'745'600'123}};
    std::string out_;
    Counts counts_;
};

int write_all(const Options& options) {
    std::filesystem::create_directories(options.folder);
    write_fleet(options);
    const std::optional<planner::Plan> plan =
        cli::plan_without_search(cli::read_fleet_file(options.folder + "/fleet.toml"));
    if (!plan) {
        throw std::runtime_error("the generated fleet is not valid");
    }
    const Counts counts = SyntheticJournal(*plan, options).write();
    fmt::print("{{\"jobs\":{},\"open\":{},\"records\":{},\"bytes\":{}}}\n",
               plan->jobs.size(),
               counts.open,
               counts.records,
               counts.bytes);
    return EXIT_SUCCESS;
}

int run_program(int argc, char** argv) {
    cli::CommandLine line("big_journal", "Writes a fleet and its journal");
    Options options;
    line.argument("FOLDER", options.folder, "Output folder");
    line.option("--jobs", options.jobs, "Number of jobs; a multiple of 10").show_default();
    line.option("--open", options.open, "Number of jobs left open").show_default();
    line.on_run([&] { return write_all(options); });
    return line.run(argc, argv);
}

}  // namespace
}  // namespace keyferry::bench

int main(int argc, char** argv) try {
    return keyferry::bench::run_program(argc, argv);
} catch (const std::exception& error) {
    fmt::print(stderr, "big_journal: {}\n", error.what());
    return EXIT_FAILURE;
}
