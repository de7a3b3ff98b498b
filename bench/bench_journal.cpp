// SPDX-License-Identifier: Apache-2.0
// The cost of the journal per call (two records, one durable wait), and the speed of reading it
// back.
#include "engine/journal/format/record.hpp"
#include "engine/journal/read/open.hpp"
#include "engine/journal/read/recovery.hpp"
#include "engine/journal/read/replay.hpp"
#include "engine/journal/write/writer.hpp"
#include "io/clock/steady_clock.hpp"
#include "io/file/memory_append_file.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <utility>

namespace keyferry::bench {
namespace {

namespace asio = boost::asio;

constexpr io::WallTime kTime{std::chrono::milliseconds{1'787'745'600'123}};

const io::KeyArn& key() {
    static const io::KeyArn arn =
        io::KeyArn::parse(
            "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab")
            .value();
    return arn;
}

const io::Region& region() {
    static const io::Region replica = io::Region::parse("eu-central-1").value();
    return replica;
}

engine::JobEntry sent_entry(planner::JobIndex job) {
    engine::JobEntry entry(engine::JournalEvent::sent, job, key(), region());
    entry.attempt = 1;
    entry.request_digest = std::string(64, 'd');
    return entry;
}

engine::JobEntry done_entry(planner::JobIndex job) {
    engine::JobEntry entry(engine::JournalEvent::done, job, key(), region());
    entry.attribution = engine::Attribution::created;
    entry.key_state = "Enabled";
    entry.creation_date_s = 1'787'745'601.25;
    entry.request_id = "7b3ac2d6-1b7e-4f6b-9a52-58a2d05f7a3c";
    return entry;
}

engine::JournalHeader header_of(std::uint64_t jobs) {
    engine::JournalHeader header;
    header.plan_sha256 = std::string(64, 'a');
    header.jobs = jobs;
    header.regions.emplace_back("eu-central-1", jobs);
    header.tool = "bench";
    return header;
}

/// Formats an entry as a line, including checksums.
void encode(benchmark::State& state) {
    engine::JournalEncoder encoder(engine::JournalTail{});
    std::string out;
    const engine::JobEntry sent = sent_entry(1'234'567);
    const engine::JobEntry done = done_entry(1'234'567);
    std::int64_t bytes = 0;
    for (auto _ : state) {
        out.clear();
        encoder.begin_batch();
        encoder.append(out, kTime, sent);
        encoder.append(out, kTime, done);
        bytes += static_cast<std::int64_t>(out.size());
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * 2);
    state.SetBytesProcessed(bytes);
}
BENCHMARK(encode);

/// Calls in flight. Each call starts when a previous one has finished, and finishes when its intent
/// is durable.
class Calls {
  public:
    Calls(engine::JournalWriter& writer, std::int64_t calls) : writer_(writer), left_(calls) {
        writer_.on_durable([this] { go_on(); });
    }
    ~Calls() { writer_.on_durable(nullptr); }
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;

    void begin() {
        if (left_ > 0) {
            const auto job = static_cast<planner::JobIndex>(--left_);
            intents_.emplace_back(job, writer_.write_soon(sent_entry(job)));
        }
    }

  private:
    void go_on() {
        while (!intents_.empty() && intents_.front().second <= writer_.durable_end()) {
            writer_.write(done_entry(intents_.front().first));
            intents_.pop_front();
            begin();
        }
    }

    engine::JournalWriter& writer_;
    std::int64_t left_;
    std::deque<std::pair<planner::JobIndex, std::uint64_t>> intents_;
};

/// The same sequence as in a run: `connections` calls in flight, each waiting until its `sent`
/// record is durable, with a real file and a real fdatasync on a separate thread. The CPU time
/// covers both threads.
void call_through_writer(benchmark::State& state) {
    const auto connections = state.range(0);
    const std::string path =
        (std::filesystem::temp_directory_path() / "keyferry-bench-journal-").string() +
        std::to_string(::getpid());
    std::int64_t calls = 0;
    for (auto _ : state) {
        const std::int64_t calls_now = connections * 100;
        std::filesystem::remove(path);
        auto opened = engine::open_journal(
            path, header_of(1'000'000), engine::run_of_this_process("bench", ""), kTime);
        if (!opened) {
            state.SkipWithError(opened.error().text.c_str());
            break;
        }
        asio::io_context io{1};
        io::SteadyClock clock(io);
        asio::thread_pool flush_thread(1);
        engine::JournalWriter writer(*opened->file,
                                     opened->start.tail,
                                     clock,
                                     io.get_executor(),
                                     flush_thread.get_executor(),
                                     engine::JournalWriterSettings{});
        {
            Calls in_flight(writer, calls_now);
            for (std::int64_t index = 0; index < connections; ++index) {
                in_flight.begin();
            }
            io.run();
        }
        flush_thread.join();
        if (writer.failure()) {
            state.SkipWithError("the journal failed");
            break;
        }
        calls += calls_now;
    }
    std::filesystem::remove(path);
    state.SetItemsProcessed(calls);
    state.counters["cpu_per_call"] = benchmark::Counter(
        static_cast<double>(calls), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(call_through_writer)
    ->Arg(64)
    ->Arg(512)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

/// Recovers a journal and derives the state to resume from.
void replay(benchmark::State& state) {
    const auto jobs = static_cast<std::uint64_t>(state.range(0)) / 2;
    std::string journal;
    engine::JournalEncoder encoder(engine::JournalTail{});
    encoder.append(journal, kTime, header_of(jobs));
    constexpr planner::JobIndex kInFlight = 512;
    for (planner::JobIndex job = 0; job < jobs + kInFlight; ++job) {
        encoder.begin_batch();
        if (job < jobs) {
            encoder.append(journal, kTime, sent_entry(job));
        }
        if (job >= kInFlight) {
            encoder.append(journal, kTime, done_entry(job - kInFlight));
        }
    }
    constexpr std::size_t kChunkBytes = 1U << 20U;
    for (auto _ : state) {
        engine::JournalReplay result;
        engine::JournalScanner scanner(
            [&](const engine::JournalRecord& record) { return result.apply(record); });
        for (std::size_t at = 0; at < journal.size(); at += kChunkBytes) {
            scanner.feed(std::string_view(journal).substr(at, kChunkBytes));
        }
        const engine::JournalScan scan = scanner.finish();
        if (scan.state != engine::JournalState::whole ||
            result.counts().of(engine::JobPhase::done) != jobs) {
            state.SkipWithError("the journal was not read back completely");
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(jobs * 2));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(journal.size()));
}
BENCHMARK(replay)->Arg(2'000)->Unit(benchmark::kMillisecond);
BENCHMARK(replay)->Name("replay/large")->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace keyferry::bench

BENCHMARK_MAIN();
