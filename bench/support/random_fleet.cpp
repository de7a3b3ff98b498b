// SPDX-License-Identifier: Apache-2.0
#include "bench/support/random_fleet.hpp"

#include "bench/support/synthetic_plan.hpp"
#include "planner/summary/quota_load.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace keyferry::bench {

namespace {

/// Generates random numbers that are the same with every standard library, unlike those of the
/// distributions in <random>.
class Draw {
  public:
    explicit Draw(std::uint64_t seed) : random_(seed) {}

    /// Uniform in [0, end).
    std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }
    std::uint32_t between(std::uint32_t least, std::uint32_t most) {
        return least + below(most - least + 1);
    }
    /// Log-uniform, so that small and large values are equally likely.
    double spread(double least, double most) {
        const double part = static_cast<double>(random_() >> 11U) * 0x1p-53;
        return least * std::pow(most / least, part);
    }
    bool chance(std::uint32_t one_in) { return below(one_in) == 0; }

  private:
    std::mt19937_64 random_;
};

struct FamilyShape {
    std::uint32_t quota_min;
    std::uint32_t quota_max;
    double seconds_min;  ///< minimum of the lower bound, before key counts are rounded
    double seconds_max;
};

FamilyShape shape_of(FleetFamily family) {
    return family == FleetFamily::usual ? FamilyShape{5, 50, 200, 1000} : FamilyShape{1, 2, 5, 60};
}

planner::Limits draw_limits(FleetFamily family, std::uint32_t places, Draw& draw) {
    const FamilyShape shape = shape_of(family);
    planner::Limits limits;
    limits.share = draw.chance(3) ? 1.0 : 0.8;
    const bool as_accounts_have_them =
        draw.chance(3);  // default quotas and commonly granted increases
    constexpr std::uint32_t kUsual[] = {5, 10, 20, 50};
    for (std::uint32_t place = 0; place < places; ++place) {
        for (const io::KmsApi api : {io::KmsApi::replicate_key, io::KmsApi::create_key}) {
            std::uint32_t quota = draw.between(shape.quota_min, shape.quota_max);
            if (family == FleetFamily::hard) {
                // No call fits into a lower quota.
                quota *= static_cast<std::uint32_t>(planner::call_tokens_max(api));
            }
            if (as_accounts_have_them && family == FleetFamily::usual) {
                quota = kUsual[draw.below(4)];
            }
            limits.overrides.push_back(planner::QuotaOverride{
                std::nullopt, synthetic_region(place), api, static_cast<double>(quota)});
        }
    }
    return limits;
}

/// The Regions other than the primary, each chosen with a probability of 1 / `one_in`; at least
/// one.
std::vector<std::uint32_t> draw_replicas(std::uint32_t places,
                                         std::uint32_t primary,
                                         std::uint32_t one_in,
                                         Draw& draw) {
    std::vector<std::uint32_t> replicas;
    for (std::uint32_t place = 0; place < places; ++place) {
        if (place != primary && draw.chance(one_in)) {
            replicas.push_back(place);
        }
    }
    if (replicas.empty()) {
        replicas.push_back((primary + 1 + draw.below(places - 1)) % places);
    }
    return replicas;
}

}  // namespace

planner::Plan random_fleet(FleetFamily family, std::uint64_t seed, double jobs_max) {
    const FamilyShape shape = shape_of(family);
    Draw draw(seed);
    const std::uint32_t places = 1 + draw.between(1, 40);
    const std::uint32_t primaries = draw.between(1, std::min(places, 5U));
    const std::uint32_t groups = draw.between(1, 8);
    const planner::Limits limits = draw_limits(family, places, draw);

    std::vector<SyntheticKeys> fleet;
    std::vector<double> sizes;
    for (std::uint32_t group = 0; group < groups; ++group) {
        const std::uint32_t primary = draw.below(primaries);
        const std::uint32_t one_in = draw.between(1, 4);
        fleet.push_back(SyntheticKeys{primary, 100, draw_replicas(places, primary, one_in, draw)});
        sizes.push_back(draw.spread(1, 100));
    }
    // Scale the fleet so that its work takes the drawn time, or as long as the maximum number of
    // jobs allows.
    const double wanted_s = draw.spread(shape.seconds_min, shape.seconds_max);
    const auto resize = [&](double times) {
        for (std::size_t group = 0; group < fleet.size(); ++group) {
            const double keys = std::max(1.0, std::round(sizes[group] * times));
            fleet[group].keys = static_cast<std::uint32_t>(keys);
        }
    };
    resize(100);
    const planner::Plan trial = synthetic_plan(fleet, limits);
    const double by_time = wanted_s / planner::quota_load(trial).front().seconds;
    const double by_jobs = jobs_max / static_cast<double>(trial.jobs.size());
    resize(100 * std::min(by_time, by_jobs));
    return synthetic_plan(fleet, limits);
}

}  // namespace keyferry::bench
