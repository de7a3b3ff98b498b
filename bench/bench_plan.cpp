// SPDX-License-Identifier: Apache-2.0
// Benchmarks planning, from the text of a spec to a plan of 1 M jobs (100 k keys x 10 Regions), and
// parts of it. The smoke run in the tests skips "large" benchmarks.
#include "planner/fleet/make_plan.hpp"
#include "planner/plan/plan_identity.hpp"
#include "planner/report/plan_report.hpp"
#include "planner/spec/fleet_check.hpp"
#include "planner/spec/load_fleet.hpp"
#include "planner/toml/fleet_toml.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <malloc.h>
#include <random>
#include <string>

namespace keyferry::bench {
namespace {

constexpr std::string_view kRegions =
    R"("us-west-2", "eu-west-1", "eu-west-2", "eu-central-1", "eu-north-1", "ap-southeast-1",)"
    R"( "ap-southeast-2", "ap-northeast-1", "ca-central-1", "sa-east-1")";

/// Key IDs in random order, one per line; the same in every run.
std::string key_lines(std::int64_t count) {
    std::mt19937_64 random(1);  // any fixed seed
    std::string lines;
    for (std::int64_t i = 0; i < count; ++i) {
        fmt::format_to(std::back_inserter(lines), "mrk-{:016x}{:016x}\n", random(), random());
    }
    return lines;
}

std::string spec_text(const std::string& keys) {
    return fmt::format(R"([fleet]
name = "bench"
account = "111122223333"
primary = "us-east-1"
[[group]]
name = "all"
{}
replicate_to = [{}]
policy = {{ template = "policy.json" }}
tags = {{ team = "bench" }}
)",
                       keys,
                       kRegions);
}

/// A spec that lists the keys inline.
std::string spec_with_keys(std::int64_t count) {
    std::string keys = "keys = [\n";
    const std::string lines = key_lines(count);
    for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
        keys += fmt::format("  \"{}\",\n", lines.substr(at, lines.find('\n', at) - at));
    }
    return spec_text(keys + "]");
}

planner::FileReader reader_of(const std::string& keys) {
    return [&keys](const std::string& path) -> io::Parsed<planner::FileText> {
        if (path == "keys") {
            return planner::FileText{keys};
        }
        return planner::FileText{
            R"({"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*",)"
            R"( "Principal": {"AWS": "arn:aws:iam::{account}:role/x-{region}"}}})"};
    };
}

/// Bytes in use, as reported by the allocator.
double heap_bytes() {
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

planner::Plan load_or_abort(const std::string& spec, const planner::FileReader& reader) {
    planner::FleetLoad loaded = planner::load_fleet(spec, "fleet.toml", reader);
    if (!loaded.plan) {
        std::abort();
    }
    return *std::move(loaded.plan);
}

void count(benchmark::State& state, const planner::Plan& plan) {
    const auto jobs = static_cast<double>(plan.jobs.size());
    state.counters["jobs"] = jobs;
    state.counters["jobs_per_s"] =
        benchmark::Counter(jobs, benchmark::Counter::kIsIterationInvariantRate);
    state.SetLabel(plan.sha256.substr(0, 12));  // the same plan in every run
}

void whole_way(benchmark::State& state, const std::string& spec, const std::string& keys) {
    const planner::FileReader reader = reader_of(keys);
    const double before = heap_bytes();
    const planner::Plan plan = load_or_abort(spec, reader);
    malloc_trim(0);
    state.counters["plan_bytes_per_job"] =
        (heap_bytes() - before) / static_cast<double>(plan.jobs.size());
    for (auto _ : state) {
        benchmark::DoNotOptimize(load_or_abort(spec, reader));
    }
    count(state, plan);
}

void parse_check_expand_keys_file(benchmark::State& state, std::int64_t key_count) {
    const std::string keys = key_lines(key_count);
    whole_way(state, spec_text("keys_file = \"keys\""), keys);
}

void parse_check_expand_inline_keys(benchmark::State& state, std::int64_t key_count) {
    whole_way(state, spec_with_keys(key_count), "");
}

void expand_alone(benchmark::State& state, std::int64_t key_count) {
    const std::string keys = key_lines(key_count);
    const std::string spec = spec_text("keys_file = \"keys\"");
    const planner::FileReader reader = reader_of(keys);
    planner::DiagnosticList problems("fleet.toml");
    const planner::SpecNode document = planner::parse_toml(spec, problems).value();
    const planner::FleetSpec fleet =
        planner::check_fleet(document, planner::SpecSource{"fleet.toml", spec, reader, problems});
    planner::Plan plan;
    for (auto _ : state) {
        state.PauseTiming();
        planner::FleetSpec copy = fleet;
        state.ResumeTiming();
        plan = planner::make_plan(std::move(copy));
    }
    count(state, plan);
}

void hash_alone(benchmark::State& state, std::int64_t key_count) {
    const std::string keys = key_lines(key_count);
    const planner::Plan plan = load_or_abort(spec_text("keys_file = \"keys\""), reader_of(keys));
    for (auto _ : state) {
        benchmark::DoNotOptimize(planner::plan_sha256(plan));
    }
    count(state, plan);
}

void report_text(benchmark::State& state, std::int64_t key_count) {
    const std::string keys = key_lines(key_count);
    planner::ReviewedPlan reviewed;
    reviewed.plan = load_or_abort(spec_text("keys_file = \"keys\""), reader_of(keys));
    reviewed.review = planner::unsurveyed_review(reviewed.plan);
    std::size_t bytes = 0;
    for (auto _ : state) {
        planner::write_plan_text(
            reviewed, {}, {}, {}, [&](std::string_view piece) { bytes += piece.size(); });
    }
    benchmark::DoNotOptimize(bytes);
    count(state, reviewed.plan);
}

void request_of_a_job(benchmark::State& state) {
    const std::string keys = key_lines(100);
    const planner::Plan plan = load_or_abort(spec_text("keys_file = \"keys\""), reader_of(keys));
    std::size_t next = 0;
    for (auto _ : state) {
        const io::ReplicateKeyRequest request = planner::replicate_request(plan, plan.jobs[next]);
        benchmark::DoNotOptimize(planner::request_digest(request));
        next = (next + 1) % plan.jobs.size();
    }
}

// The names give the size: 1,000 keys, or 100,000, the default key quota of an account and Region.
#define KEYFERRY_BENCHMARK(function)                                          \
    BENCHMARK_CAPTURE(function, small, 1'000)->Unit(benchmark::kMillisecond); \
    BENCHMARK_CAPTURE(function, large, 100'000)->Unit(benchmark::kMillisecond)

KEYFERRY_BENCHMARK(parse_check_expand_keys_file);
BENCHMARK_CAPTURE(parse_check_expand_keys_file, large_10M_jobs, 1'000'000)
    ->Unit(benchmark::kMillisecond);
KEYFERRY_BENCHMARK(parse_check_expand_inline_keys);
KEYFERRY_BENCHMARK(expand_alone);
KEYFERRY_BENCHMARK(hash_alone);
KEYFERRY_BENCHMARK(report_text);
BENCHMARK(request_of_a_job);

}  // namespace
}  // namespace keyferry::bench

BENCHMARK_MAIN();
