// SPDX-License-Identifier: Apache-2.0
#include "bench/support/measured_run.hpp"

#include "engine/forecast/forecast.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "planner/summary/quota_load.hpp"
#include "tools/keyferry/simulated/rehearsal.hpp"
#include "tools/keyferry/simulated/simulated_fleet.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace keyferry::bench {

namespace {

double seconds(io::Moment moment) {
    return std::chrono::duration<double>(moment.time_since_epoch()).count();
}

/// Of the quotas that ReplicateKey uses, the one that takes longest.
planner::BucketLoad slowest_quota(const planner::Plan& plan) {
    for (planner::BucketLoad& bucket : planner::quota_load(plan)) {
        if (bucket.api != io::KmsApi::describe_key) {
            return std::move(bucket);
        }
    }
    return planner::quota_load(plan).front();
}

/// Tokens per second that a quota allows: its share, or the tokens of the whole calls that fit into
/// it.
double tokens_a_second(const planner::BucketLoad& bucket) {
    const int call_tokens = planner::call_tokens_max(bucket.api);
    const double calls = std::max(1.0, std::floor(bucket.quota_per_s / call_tokens));
    return std::min(bucket.rate_per_s, calls * call_tokens);
}

/// Records the arrival time of each ReplicateKey, and of each one that uses a given quota.
class Arrivals {
  public:
    Arrivals(simulator::Ledger& ledger, const planner::BucketLoad& quota) : quota_(quota) {
        ledger.observe([this](const simulator::LedgerEntry& entry) { note(entry); });
    }

    double first_s() const { return all_s_.front(); }
    double last_s() const { return all_s_.back(); }

    double use_of_quota() const {
        constexpr double kLeftOut = 1.0 / 20;
        const double makespan_s = last_s() - first_s();
        const double from_s = first_s() + makespan_s * kLeftOut;
        const double to_s = last_s() - makespan_s * kLeftOut;
        const auto calls = std::count_if(of_quota_s_.begin(), of_quota_s_.end(), [&](double at_s) {
            return at_s >= from_s && at_s < to_s;
        });
        return static_cast<double>(calls * planner::call_tokens_max(quota_.api)) /
               (tokens_a_second(quota_) * (to_s - from_s));
    }

  private:
    void note(const simulator::LedgerEntry& entry) {
        if (entry.operation != name_of(io::KmsApi::replicate_key)) {
            return;
        }
        const double at_s = seconds(entry.time);
        all_s_.push_back(at_s);
        const std::string& region =
            quota_.api == io::KmsApi::replicate_key ? entry.region : entry.replica_region;
        if (region == quota_.place.region.name()) {
            of_quota_s_.push_back(at_s);
        }
    }

    planner::BucketLoad quota_;
    std::vector<double> all_s_;
    std::vector<double> of_quota_s_;
};

std::uint64_t windows_over(simulator::SimulatedKms& kms) {
    std::uint64_t over = 0;
    for (const simulator::LedgerPeak& peak : kms.ledger().peaks()) {
        const std::uint32_t quota = kms.quotas().quota(peak.account, peak.region, peak.api);
        over += peak.units > quota ? 1 : 0;
    }
    return over;
}

}  // namespace

LowerBound lower_bound(const planner::Plan& plan) {
    std::size_t replicas_max = 0;
    std::size_t replicas = 0;
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const bool same_key = job > 0 && plan.jobs[job].key == plan.jobs[job - 1].key;
        replicas = same_key ? replicas + 1 : 1;
        replicas_max = std::max(replicas_max, replicas);
    }
    const std::chrono::duration<double> spacing = engine::SchedulerSettings{}.same_key_spacing;
    return LowerBound{slowest_quota(plan).seconds,
                      static_cast<double>(replicas_max - 1) * spacing.count()};
}

MeasuredRun measured_run(const planner::Plan& plan, std::uint64_t seed) {
    simulator::SimulatorSettings settings;
    settings.model.seed = seed;
    settings.ledger_entries_max = 0;
    simulator::SimulatedKms kms(settings);
    cli::fill_simulator(kms, plan);
    const Arrivals arrivals(kms.ledger(), slowest_quota(plan));
    const cli::Rehearsal rehearsal = cli::rehearse(plan, kms, seed);

    MeasuredRun run;
    run.finished =
        rehearsal.end == engine::RunEnd::finished && rehearsal.effects == plan.jobs.size();
    run.makespan_s = arrivals.last_s() - arrivals.first_s();
    run.whole_s = rehearsal.took.count();
    run.creation_wait_s = run.whole_s - arrivals.last_s();
    run.throttled = rehearsal.progress.throttled;
    run.windows_over = windows_over(kms);
    run.bottleneck_use = arrivals.use_of_quota();
    return run;
}

}  // namespace keyferry::bench
