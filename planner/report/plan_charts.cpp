// SPDX-License-Identifier: Apache-2.0
#include "planner/report/plan_charts.hpp"

#include "io/names/duration_text.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

namespace keyferry::planner {

namespace {

constexpr std::size_t kQuotasMax = 12;

/// Returns the distance between time marks, in seconds: a round number that gives at most three
/// marks after 0.
double tick_seconds(double seconds) {
    static constexpr double kSteps[] = {1,     2,     5,     10,    20,     30,     60,
                                        120,   300,   600,   1200,  1800,   3600,   7200,
                                        10800, 21600, 43200, 86400, 172800, 432000, 864000};
    for (const double step : kSteps) {
        if (seconds / step <= 3.5) {
            return step;
        }
    }
    return std::ceil(seconds / 3);
}

std::vector<BarMark> time_marks(double seconds) {
    std::vector<BarMark> marks;
    const double step = tick_seconds(seconds);
    for (double at = 0; at <= seconds; at += step) {
        marks.push_back(
            BarMark{at / seconds, at == 0 ? "start" : io::long_duration_text(at), false});
    }
    return marks;
}

std::string usd_per_month(double usd) {
    return usd_text(usd) + " per month";
}

}  // namespace

std::optional<BarChart> schedule_chart(const PlanSummary& summary, const PlanForecast& forecast) {
    if (forecast.regions.empty() || forecast.seconds <= 0) {
        return std::nullopt;
    }
    BarChart chart;
    chart.id = "schedule";
    chart.title = "Time by Region";
    chart.description = fmt::format(
        "For each Region, from the first call until the last replica is ready; {} in total.",
        io::long_duration_text(forecast.seconds));
    const auto share = [&](double at_s) {
        return at_s / forecast.seconds;
    };
    for (std::size_t r = 0; r < summary.regions.size(); ++r) {
        const RegionSummary& region = summary.regions[r];
        const std::uint64_t replicas = region.actions.of(JobAction::create);
        if (replicas > 0) {
            const RegionForecast& times = forecast.regions[r];
            chart.rows.push_back(BarRow{region.region.name(),
                                        fmt::format("{}, after {}",
                                                    counted(replicas, "replica"),
                                                    io::long_duration_text(times.ends_s)),
                                        {{share(times.starts_s), share(times.ends_s), "run"}}});
        }
    }
    if (chart.rows.empty()) {
        return std::nullopt;
    }
    chart.marks = time_marks(forecast.seconds);
    return chart;
}

std::optional<BarChart> quota_chart(const Plan& plan,
                                    const PlanSummary& summary,
                                    const PlanForecast& forecast) {
    if (summary.load.empty() || forecast.seconds <= 0) {
        return std::nullopt;
    }
    BarChart chart;
    chart.id = "quota-use";
    chart.title = "Quota utilization";
    for (const BucketLoad& bucket : summary.load) {
        if (chart.rows.size() == kQuotasMax) {
            break;
        }
        // The first calls of a run are sent in a burst, so a short run can exceed its share on
        // average.
        const double use = std::min(1.0, bucket.requests / (forecast.seconds * bucket.quota_per_s));
        const bool is_slowest = forecast.slowest && forecast.slowest->place == bucket.place &&
                                forecast.slowest->api == bucket.api;
        BarRow row{quota_text(bucket),
                   use < 0.001 ? "< 0.1 %" : fmt::format("{:.1f} %", use * 100),
                   {{0, use, is_slowest ? "slowest" : "run"}}};
        if (summary.accounts.size() > 1) {  // a phone is too narrow to show the quota as well
            row.name += ", ..." + bucket.place.account.digits().substr(8);
        } else {
            row.value += fmt::format(" of {}/s", rate_text(bucket.quota_per_s));
        }
        chart.rows.push_back(std::move(row));
    }
    chart.description = fmt::format(
        "Average utilization of the account's quotas during the run; keyferry leaves {:.4g} % of "
        "each quota to other callers.{} Showing {} of {} quotas.",
        (1 - plan.settings.limits.share) * 100,
        forecast.slowest ? " The quota that limits the run is highlighted." : "",
        chart.rows.size(),
        summary.load.size());
    chart.marks = {BarMark{0, "0 %", false},
                   BarMark{plan.settings.limits.share,
                           fmt::format("share {:.4g} %", plan.settings.limits.share * 100),
                           true}};
    if (plan.settings.limits.share < 0.7) {
        chart.marks.push_back(BarMark{1, "100 %", false});
    }
    return chart;
}

BarChart cost_chart(const PlanCost& cost) {
    const double before_usd = cost.usd_per_month_before;
    const double after_usd = cost.usd_per_month_after();
    BarChart chart;
    chart.id = "cost-bars";
    chart.title = "Monthly cost";
    chart.description = fmt::format("Cost of the plan's keys: {} before, {} after.",
                                    usd_per_month(before_usd),
                                    usd_per_month(after_usd));
    const double most = std::max({before_usd, after_usd, 0.01});
    chart.rows.push_back(
        BarRow{"before", usd_per_month(before_usd), {{0, before_usd / most, "before"}}});
    BarRow after{"after", usd_per_month(after_usd), {{0, before_usd / most, "before"}}};
    if (after_usd > before_usd) {
        after.pieces.push_back(BarPiece{before_usd / most, after_usd / most, "added"});
    }
    chart.rows.push_back(std::move(after));
    return chart;
}

}  // namespace keyferry::planner
