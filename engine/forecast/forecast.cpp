// SPDX-License-Identifier: Apache-2.0
#include "engine/forecast/forecast.hpp"

#include "engine/forecast/forecast_run.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "planner/summary/quota_load.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace keyferry::engine {

namespace {

/// A quota counts as nearly as slow as the slowest quota if it needs at least this fraction of the
/// slowest quota's time.
constexpr double kNearly = 0.95;
/// Savings below this fraction of the time are considered negligible.
constexpr double kLittle = 0.05;

double seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

double seconds(io::Moment moment) {
    return seconds(moment.time_since_epoch());
}

/// The jobs of one key are adjacent.
std::uint32_t replicas_of_key_max(const planner::Plan& plan) {
    std::uint32_t most = 0;
    for (std::size_t first = 0; first < plan.jobs.size();) {
        std::size_t next = first;
        while (next < plan.jobs.size() && plan.jobs[next].key == plan.jobs[first].key) {
            ++next;
        }
        most = std::max(most, static_cast<std::uint32_t>(next - first));
        first = next;
    }
    return most;
}

/// Whether DescribeKey calls can delay each other or ReplicateKey calls. If they cannot, each job
/// is ready a fixed time after its response, and passing them through the scheduler would multiply
/// the work of a forecast without changing the result. Calls can be delayed
/// - by their quota, if all polls together need more than half the time that the slowest quota
///   needs;
/// - by the limits on calls in flight, if the polls in flight (their rate times the round trip) use
///   more than half of an endpoint's limit or of the global limit.
bool polls_matter(const planner::Plan& plan,
                  const std::vector<planner::BucketLoad>& load,
                  const ForecastAssumptions& assumptions,
                  double seconds_min) {
    const int polls = creation_polls(plan.settings.wait, assumptions).polls;
    const planner::Limits& limits = plan.settings.limits;
    const double half_s = std::max(seconds_min, 1.0) / 2;
    const double round_trip_s = seconds(assumptions.round_trip);
    double all_in_flight_s = 0;
    for (const planner::BucketLoad& bucket : load) {
        if (bucket.api != io::KmsApi::describe_key) {
            continue;
        }
        const double requests = bucket.requests * polls;
        const double in_flight_s = requests * round_trip_s;
        all_in_flight_s += in_flight_s;
        if (requests / bucket.rate_per_s > half_s ||
            in_flight_s > half_s * limits.in_flight_max_per_endpoint) {
            return true;
        }
    }
    return all_in_flight_s > half_s * limits.in_flight_max;
}

double run_seconds(const planner::Plan& plan,
                   const ForecastAssumptions& assumptions,
                   const std::vector<planner::BucketLoad>& load) {
    const double seconds_min = load.empty() ? 0 : load.front().seconds;
    const bool queue = polls_matter(plan, load, assumptions, seconds_min);
    return seconds(forecast_run(plan, assumptions, queue).last_ready);
}

/// Computes the savings from higher quotas, using further forecasts if the plan is small enough,
/// and lower bounds otherwise.
class Savings {
  public:
    Savings(const planner::Plan& plan,
            const std::vector<planner::BucketLoad>& load,
            const ForecastAssumptions& assumptions,
            planner::PlanForecast& forecast)
        : plan_(plan), load_(load), assumptions_(assumptions), forecast_(forecast) {}

    void find() {
        const planner::BucketLoad& slowest = *forecast_.slowest;
        const double twice_per_s = slowest.quota_per_s * 2;
        add({raised(slowest, twice_per_s)});
        const bool saves_little =
            forecast_.savings.front().seconds < forecast_.seconds_min * kLittle;
        if (saves_little) {
            add_all_that_take_nearly_as_long();
            return;
        }
        const double next_s = next_bound(slowest);
        if (next_s <= 0) {
            return;
        }
        const double enough_per_s = std::ceil(slowest.quota_per_s * slowest.seconds / next_s);
        if (enough_per_s > slowest.quota_per_s && enough_per_s != twice_per_s) {
            add({raised(slowest, enough_per_s)});
        }
    }

  private:
    static planner::RaisedQuota raised(const planner::BucketLoad& bucket, double quota_per_s) {
        return planner::RaisedQuota{bucket.place, bucket.api, quota_per_s};
    }

    void add_all_that_take_nearly_as_long() {
        std::vector<planner::RaisedQuota> quotas;
        for (const planner::BucketLoad& bucket : load_) {
            if (bucket.seconds >= forecast_.seconds_min * kNearly) {
                quotas.push_back(raised(bucket, bucket.quota_per_s * 2));
            }
        }
        if (quotas.size() > 1) {
            add(std::move(quotas));
        }
    }

    /// The lower bound without the quota of `left_out`.
    double next_bound(const planner::BucketLoad& left_out) const {
        double next_s = forecast_.key_seconds_min;
        for (const planner::BucketLoad& bucket : load_) {
            if (bucket.place != left_out.place || bucket.api != left_out.api) {
                next_s = std::max(next_s, bucket.seconds);
            }
        }
        return next_s;
    }

    void add(std::vector<planner::RaisedQuota> quotas) {
        planner::QuotaSaving saving;
        saving.is_forecast = plan_.jobs.size() <= assumptions_.jobs_for_savings_max;
        saving.seconds = saving.is_forecast ? forecast_.seconds - seconds_with(quotas)
                                            : forecast_.seconds_min - bound_with(quotas);
        saving.seconds = std::max(0.0, saving.seconds);
        saving.quotas = std::move(quotas);
        forecast_.savings.push_back(std::move(saving));
    }

    double seconds_with(const std::vector<planner::RaisedQuota>& quotas) const {
        planner::Plan plan = plan_;
        for (const planner::RaisedQuota& quota : quotas) {
            plan.settings.limits.overrides.push_back(planner::QuotaOverride{
                quota.place.account, quota.place.region, quota.api, quota.quota_per_s});
        }
        return run_seconds(plan, assumptions_, planner::quota_load(plan));
    }

    double bound_with(const std::vector<planner::RaisedQuota>& quotas) const {
        double bound_s = forecast_.key_seconds_min;
        for (const planner::BucketLoad& bucket : load_) {
            double bucket_s = bucket.seconds;
            for (const planner::RaisedQuota& quota : quotas) {
                if (quota.place == bucket.place && quota.api == bucket.api) {
                    bucket_s *= bucket.quota_per_s / quota.quota_per_s;
                }
            }
            bound_s = std::max(bound_s, bucket_s);
        }
        return bound_s;
    }

    const planner::Plan& plan_;
    const std::vector<planner::BucketLoad>& load_;
    const ForecastAssumptions& assumptions_;
    planner::PlanForecast& forecast_;
};

void run_through(const planner::Plan& plan,
                 const std::vector<planner::BucketLoad>& load,
                 const ForecastAssumptions& assumptions,
                 planner::PlanForecast& forecast) {
    const bool queue = polls_matter(plan, load, assumptions, forecast.seconds_min);
    const ForecastTimes times = forecast_run(plan, assumptions, queue);
    forecast.seconds = seconds(times.last_ready);
    forecast.creation_wait_seconds = seconds(times.last_ready - times.last_answer);
    for (const ForecastTimes::OfRegion& region : times.regions) {
        const bool is_used = region.last_ready >= region.first_start;
        forecast.regions.push_back(is_used ? planner::RegionForecast{seconds(region.first_start),
                                                                     seconds(region.last_ready)}
                                           : planner::RegionForecast{});
    }
}

}  // namespace

planner::PlanForecast forecast(const planner::Plan& plan, const ForecastAssumptions& assumptions) {
    planner::PlanForecast forecast;
    forecast.round_trip_seconds = seconds(assumptions.round_trip);
    forecast.creating_seconds = seconds(assumptions.creating);
    if (plan.jobs.empty()) {
        return forecast;
    }
    const std::vector<planner::BucketLoad> load = planner::quota_load(plan);
    forecast.replicas_of_key_max = replicas_of_key_max(plan);
    forecast.key_seconds_min =
        (forecast.replicas_of_key_max - 1) * seconds(SchedulerSettings{}.same_key_spacing);
    const planner::BucketLoad& slowest = load.front();
    if (slowest.seconds >= forecast.key_seconds_min) {
        forecast.slowest = slowest;
    }
    forecast.seconds_min = std::max(slowest.seconds, forecast.key_seconds_min);
    if (plan.jobs.size() > assumptions.jobs_max) {
        forecast.is_bound = true;
        forecast.creation_wait_seconds =
            seconds(creation_polls(plan.settings.wait, assumptions).until_seen);
        forecast.seconds =
            forecast.seconds_min + forecast.round_trip_seconds + forecast.creation_wait_seconds;
    } else {
        run_through(plan, load, assumptions, forecast);
    }
    if (forecast.slowest) {
        Savings(plan, load, assumptions, forecast).find();
    }
    return forecast;
}

}  // namespace keyferry::engine
