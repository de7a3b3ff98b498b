// SPDX-License-Identifier: Apache-2.0
// The cost of searching for a valid record in bytes that contain none, such as the entire rest of a
// file with a torn end. The throughput in bytes per second must be the same at every size.
#include "engine/journal/read/recovery.hpp"

#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <string_view>

namespace keyferry::bench {
namespace {

constexpr std::size_t kChunkBytes = 1U << 20U;

std::string repeated(std::string_view part, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
        text += part;
    }
    text.resize(bytes);
    return text;
}

std::string noise(std::size_t bytes) {
    std::mt19937 random(1);
    std::string text(bytes, '\0');
    for (char& byte : text) {
        byte = static_cast<char>(random());
    }
    return text;
}

/// A header without jobs.
std::string begun_journal() {
    std::string journal;
    engine::JournalEncoder(engine::JournalTail{})
        .append(journal, io::WallTime{}, engine::JournalHeader());
    return journal;
}

/// Records with wrong checksums.
std::string damaged_records(std::size_t bytes) {
    std::string record = begun_journal();
    record[record.size() / 2] ^= 1;
    return repeated(record, bytes);
}

/// A journal of one record, followed by `state.range(0)` MiB of a repeated chunk.
void search(benchmark::State& state, std::string (*make_garbage)(std::size_t)) {
    const std::string journal = begun_journal();
    const std::string chunk = make_garbage(kChunkBytes);
    for (auto iteration : state) {
        static_cast<void>(iteration);
        engine::JournalScanner scanner([](const engine::JournalRecord&) { return std::string(); });
        scanner.feed(journal);
        for (std::int64_t chunks = 0; chunks < state.range(0); ++chunks) {
            scanner.feed(chunk);
        }
        if (scanner.finish().state != engine::JournalState::torn_tail) {
            state.SkipWithError("garbage was misidentified");
        }
    }
    state.SetBytesProcessed(state.iterations() * state.range(0) *
                            static_cast<std::int64_t>(kChunkBytes));
}

void search_zeros(benchmark::State& state) {
    search(state, [](std::size_t bytes) { return std::string(bytes, '\0'); });
}
void search_newlines(benchmark::State& state) {
    search(state, [](std::size_t bytes) { return std::string(bytes, '\n'); });
}
void search_noise(benchmark::State& state) {
    search(state, noise);
}
void search_damaged_records(benchmark::State& state) {
    search(state, damaged_records);
}
/// A record may start at every fifth byte.
void search_record_starts(benchmark::State& state) {
    search(state, [](std::size_t bytes) { return repeated("{\"n\":", bytes); });
}
/// The worst case: a record may start at every byte.
void search_braces(benchmark::State& state) {
    search(state, [](std::size_t bytes) { return std::string(bytes, '{'); });
}

BENCHMARK(search_zeros)->Arg(4)->Arg(64)->Name("search/zeros");
BENCHMARK(search_newlines)->Arg(4)->Arg(64)->Name("search/newlines");
BENCHMARK(search_noise)->Arg(4)->Arg(64)->Name("search/noise");
BENCHMARK(search_damaged_records)->Arg(4)->Arg(64)->Name("search/damaged_records");
BENCHMARK(search_record_starts)->Arg(4)->Arg(64)->Name("search/record_starts");
BENCHMARK(search_braces)->Arg(4)->Arg(64)->Name("search/braces");
BENCHMARK(search_record_starts)
    ->Arg(4096)
    ->Unit(benchmark::kSecond)
    ->Name("search/large/record_starts");
BENCHMARK(search_damaged_records)
    ->Arg(4096)
    ->Unit(benchmark::kSecond)
    ->Name("search/large/damaged");

}  // namespace
}  // namespace keyferry::bench

BENCHMARK_MAIN();
