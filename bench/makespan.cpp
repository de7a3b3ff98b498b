// SPDX-License-Identifier: Apache-2.0
// Measures how close a run gets to the limit set by the quotas: runs random fleets with the
// production executor and the simulator in virtual time, compares them with two methods that need
// no scheduler, and compares forecasts with the actual runs.
//
//     makespan [--first 1] [--last 500] [--jobs-max 30000] [--family usual|hard] ...
#include "bench/support/measured_run.hpp"
#include "bench/support/random_fleet.hpp"
#include "bench/support/simple_schedules.hpp"
#include "engine/forecast/forecast.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::bench {
namespace {

/// Forecasts of shorter runs are not evaluated, because the final wait dominates their duration.
constexpr double kForecastRun_s_min = 200;

struct Goals {
    double ratio_mean_max;
    double ratio_max;
    double forecast_error_max;
    double bottleneck_use_min;
};

Goals goals_of(FleetFamily family) {
    return family == FleetFamily::usual ? Goals{1.001, 1.02, 0.02, 0.98} : Goals{1.10, 1.10, 1, 0};
}

/// The result of one seed.
struct Fleet {
    std::uint64_t seed = 0;
    std::size_t jobs = 0;
    LowerBound bound;
    MeasuredRun run;
    double one_queue_s = 0;
    double fixed_rate_s = 0;
    double forecast_s = 0;

    double ratio() const { return run.makespan_s / bound.seconds(); }
    /// Whether the spacing of one second between calls on the same key takes more than half as long
    /// as the quotas do. In that case, the keys also determine the duration, and the bound of both
    /// together is not known.
    bool has_hot_keys() const { return bound.key_s > bound.quota_s / 2; }
    double forecast_error() const { return std::abs(forecast_s / run.whole_s - 1); }
};

Fleet measure(FleetFamily family, std::uint64_t seed, double jobs_max) {
    const planner::Plan plan = random_fleet(family, seed, jobs_max);
    Fleet fleet;
    fleet.seed = seed;
    fleet.jobs = plan.jobs.size();
    fleet.bound = lower_bound(plan);
    fleet.run = measured_run(plan, seed);
    fleet.one_queue_s = one_queue_seconds(plan);
    fleet.fixed_rate_s = fixed_rate_seconds(plan);
    fleet.forecast_s = engine::forecast(plan).seconds;
    return fleet;
}

void print(const Fleet& fleet) {
    fmt::print(
        "seed {}: {} jobs, bound {:.3f} s by quota, {:.0f} s by key; makespan {:.3f} s, x {:.4f}; "
        "then {:.2f} s; bottleneck {:.4f}; throttled {}, windows over {}; one queue x {:.2f}, "
        "fixed "
        "rate x {:.2f}; run {:.2f} s, forecast {:.2f} s{}\n",
        fleet.seed,
        fleet.jobs,
        fleet.bound.quota_s,
        fleet.bound.key_s,
        fleet.run.makespan_s,
        fleet.ratio(),
        fleet.run.creation_wait_s,
        fleet.run.bottleneck_use,
        fleet.run.throttled,
        fleet.run.windows_over,
        fleet.one_queue_s / fleet.bound.seconds(),
        fleet.fixed_rate_s / fleet.bound.seconds(),
        fleet.run.whole_s,
        fleet.forecast_s,
        fleet.run.finished ? "" : "; NOT FINISHED");
}

/// Values of one metric, each with its seed.
class Figures {
  public:
    void add(double value, std::uint64_t seed) {
        values_.push_back(value);
        sum_ += value;
        if (values_.size() == 1 || value > most_) {
            most_ = value;
            seed_of_most_ = seed;
        }
        least_ = values_.size() == 1 ? value : std::min(least_, value);
    }
    double mean() const { return values_.empty() ? 0 : sum_ / static_cast<double>(values_.size()); }
    double most() const { return most_; }
    double least() const { return least_; }
    std::uint64_t seed_of_most() const { return seed_of_most_; }
    std::size_t count() const { return values_.size(); }
    double part_above(double limit) const {
        const auto above =
            std::count_if(values_.begin(), values_.end(), [&](double v) { return v > limit; });
        return static_cast<double>(above) / static_cast<double>(std::max<std::size_t>(1, count()));
    }
    std::string text() const {
        return fmt::format("mean {:.4f}, worst {:.4f} (seed {})", mean(), most_, seed_of_most_);
    }

  private:
    std::vector<double> values_;
    double sum_ = 0;
    double most_ = 0;
    double least_ = 0;
    std::uint64_t seed_of_most_ = 0;
};

/// The results of all fleets of a family.
class Summary {
  public:
    void add(const Fleet& fleet) {
        jobs_ += fleet.jobs;
        (fleet.has_hot_keys() ? hot_ratio_ : ratio_).add(fleet.ratio(), fleet.seed);
        one_queue_.add(fleet.one_queue_s / fleet.bound.seconds(), fleet.seed);
        fixed_rate_.add(fleet.fixed_rate_s / fleet.bound.seconds(), fleet.seed);
        wait_.add(fleet.run.creation_wait_s, fleet.seed);
        bound_.add(fleet.bound.seconds(), fleet.seed);
        if (!fleet.has_hot_keys()) {
            unused_.add(1 - fleet.run.bottleneck_use, fleet.seed);
        }
        if (fleet.run.whole_s >= kForecastRun_s_min) {
            forecast_error_.add(fleet.forecast_error(), fleet.seed);
        }
        throttled_ += fleet.run.throttled;
        windows_over_ += fleet.run.windows_over;
        unfinished_ += fleet.run.finished ? 0 : 1;
    }

    void print() const {
        fmt::print("fleets                  {}, {} jobs in total; bound {:.0f} to {:.0f} s\n",
                   bound_.count(),
                   jobs_,
                   bound_.least(),
                   bound_.most());
        fmt::print(
            "makespan / bound        {}; {:.1f} % of fleets over 1.001, {:.1f} % over 1.02\n",
            ratio_.text(),
            ratio_.part_above(1.001) * 100,
            ratio_.part_above(1.02) * 100);
        if (hot_ratio_.count() > 0) {
            fmt::print(
                "  hot keys (excluded)   {} fleets: {}\n", hot_ratio_.count(), hot_ratio_.text());
        }
        fmt::print("one queue / bound       {}\n", one_queue_.text());
        fmt::print("fixed rate / bound      {}\n", fixed_rate_.text());
        fmt::print("final wait (excluded)   mean {:.1f} s, longest {:.1f} s\n",
                   wait_.mean(),
                   wait_.most());
        fmt::print("bottleneck quota in use mean {:.2f} %, minimum {:.2f} % (seed {})\n",
                   (1 - unused_.mean()) * 100,
                   (1 - unused_.most()) * 100,
                   unused_.seed_of_most());
        fmt::print(
            "forecast error          mean {:.2f} %, worst {:.2f} % (seed {}), of {} runs of "
            "200 s or more\n",
            forecast_error_.mean() * 100,
            forecast_error_.most() * 100,
            forecast_error_.seed_of_most(),
            forecast_error_.count());
        fmt::print("throttled {}, windows over the quota {}, runs not finished {}\n",
                   throttled_,
                   windows_over_,
                   unfinished_);
    }

    bool meets(const Goals& goals) const {
        return ratio_.mean() <= goals.ratio_mean_max && ratio_.most() <= goals.ratio_max &&
               forecast_error_.most() <= goals.forecast_error_max &&
               1 - unused_.most() >= goals.bottleneck_use_min && throttled_ == 0 &&
               windows_over_ == 0 && unfinished_ == 0;
    }

  private:
    std::uint64_t jobs_ = 0;
    Figures ratio_;
    Figures hot_ratio_;
    Figures one_queue_;
    Figures fixed_rate_;
    Figures wait_;
    Figures bound_;
    Figures unused_;
    Figures forecast_error_;
    std::uint64_t throttled_ = 0;
    std::uint64_t windows_over_ = 0;
    std::uint64_t unfinished_ = 0;
};

struct Options {
    std::uint64_t first_seed = 1;
    std::uint64_t last_seed = 500;
    double jobs_max = 30'000;
    std::string family = "usual";
    bool verbose = false;
    bool check = false;
    double slack = 0;
};

void add_options(cli::CommandLine& line, Options& options) {
    line.option("--first", options.first_seed, "First seed").show_default();
    line.option("--last", options.last_seed, "Last seed").show_default();
    line.option("--jobs-max", options.jobs_max, "Maximum number of jobs per fleet").show_default();
    line.option("--family", options.family, "Kind of fleets")
        .one_of({"usual", "hard"})
        .show_default();
    line.flag("--verbose", options.verbose, "Print a line for each fleet");
    line.option("--slack", options.slack, "Added to the ratios that --check allows").show_default();
    line.flag("--check", options.check, "Exit with 1 if a goal is missed");
}

int measure_all(const Options& options) {
    const FleetFamily family = options.family == "usual" ? FleetFamily::usual : FleetFamily::hard;
    Summary summary;
    for (std::uint64_t seed = options.first_seed; seed <= options.last_seed; ++seed) {
        const Fleet fleet = measure(family, seed, options.jobs_max);
        if (options.verbose || !fleet.run.finished) {
            print(fleet);
        }
        summary.add(fleet);
    }
    summary.print();
    Goals goals = goals_of(family);
    goals.ratio_mean_max += options.slack;
    goals.ratio_max += options.slack;
    return options.check && !summary.meets(goals) ? 1 : 0;
}

int run_program(int argc, char** argv) {
    cli::CommandLine line(
        "makespan", "Measures runs of random fleets against their lower bound, in virtual time");
    Options options;
    add_options(line, options);
    line.on_run([&] { return measure_all(options); });
    return line.run(argc, argv);
}

}  // namespace
}  // namespace keyferry::bench

int main(int argc, char** argv) {
    return keyferry::bench::run_program(argc, argv);
}
