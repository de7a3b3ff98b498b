#include "io/names/duration_text.hpp"
#include "planner/plan_report.hpp"
#include "planner/plan_summary.hpp"
#include "planner/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>

namespace keyferry {

namespace {

using Align = TextTable::Align;

constexpr std::size_t kColumnsMax = 96;
constexpr std::size_t kRowsMax = 20;  // of groups and of quotas; the JSON report has all

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
    return fmt::format("{} {}", with_thousands(count), count == 1 ? singular : plural);
}

std::string rest_of(std::size_t count) {
    return count > kRowsMax ? fmt::format("  ... and {} more\n", with_thousands(count - kRowsMax))
                            : std::string();
}

std::string rate_text(double per_s) {
    return per_s == std::floor(per_s) && per_s >= 1000
               ? with_thousands(static_cast<std::uint64_t>(per_s))
               : fmt::format("{:.4g}", per_s);
}

std::string headline(const Plan& plan, const PlanSummary& summary) {
    return fmt::format(
        "Plan of fleet \"{}\": the replicas that should exist\n  {} in {} -> {} in {}\n  sha256 "
        "{}\n",
        plan.fleet_name,
        counted(plan.keys.size(), "primary key", "primary keys"),
        counted(summary.accounts.size(), "account", "accounts"),
        counted(plan.jobs.size(), "replica", "replicas"),
        counted(plan.regions.size(), "Region", "Regions"),
        plan.sha256);
}

std::string regions_section(const PlanSummary& summary, const PlanForecast& forecast) {
    const bool has_times = !forecast.regions.empty();
    TextTable table({{"Region"},
                     {"replicas", Align::right},
                     {has_times ? "ready after" : "", Align::right},
                     {"note"}});
    for (std::size_t r = 0; r < summary.regions.size(); ++r) {
        const RegionSummary& region = summary.regions[r];
        table.add_row({region.region.name(),
                       with_thousands(region.replicas),
                       has_times ? long_duration_text(forecast.regions[r].ends_s) : "",
                       is_opt_in_region(region.region) ? "opt-in Region" : ""});
    }
    return "\nWhere\n" + table.text();
}

std::string groups_section(const Plan& plan, const PlanSummary& summary) {
    TextTable table({{"group"},
                     {"keys", Align::right},
                     {"replicas", Align::right},
                     {"policy"},
                     {"tags", Align::right},
                     {"description"}});
    for (std::size_t g = 0; g < std::min(plan.groups.size(), kRowsMax); ++g) {
        const ReplicaParameters& parameters = plan.groups[g].parameters;
        std::string policy(policy_kind(parameters));
        if (parameters.policy) {
            policy += fmt::format(", {} bytes", with_thousands(parameters.policy->size()));
        }
        table.add_row({plan.groups[g].name,
                       with_thousands(summary.groups[g].keys),
                       with_thousands(summary.groups[g].replicas),
                       std::move(policy),
                       std::to_string(parameters.tags.size()),
                       parameters.description ? "yes" : "no"});
    }
    return "\nWhat\n" + table.text() + rest_of(plan.groups.size());
}

std::string quotas_section(const Plan& plan, const std::vector<BucketLoad>& load) {
    TextTable table({{"account"},
                     {"Region"},
                     {"API"},
                     {"requests", Align::right},
                     {"quota/s", Align::right},
                     {"used/s", Align::right},
                     {"at least", Align::right}});
    for (std::size_t b = 0; b < std::min(load.size(), kRowsMax); ++b) {
        const BucketLoad& bucket = load[b];
        table.add_row({bucket.place.account.digits(),
                       bucket.place.region.name(),
                       std::string(name_of(bucket.api)),
                       with_thousands(static_cast<std::uint64_t>(bucket.requests)),
                       rate_text(bucket.quota_per_s),
                       rate_text(bucket.rate_per_s),
                       long_duration_text(bucket.seconds)});
    }
    return fmt::format("\nRequests as KMS counts them (a run uses {:.4g} % of each quota)\n",
                       plan.settings.limits.share * 100) +
           table.text() + rest_of(load.size());
}

std::string quota_text(const BucketLoad& bucket) {
    return fmt::format("{} in {}", name_of(bucket.api), bucket.place.region.name());
}

std::string about_text(const PlanForecast& forecast) {
    if (forecast.is_bound) {
        return fmt::format(
            "about {}, by its slowest quota and the wait for its last replicas alone: the plan is "
            "too "
            "large to be run through.",
            long_duration_text(forecast.seconds));
    }
    return fmt::format(
        "about {} if nothing goes wrong, KMS answers within {:.4g} s and replicas stay Creating "
        "for "
        "{:.4g} s.",
        long_duration_text(forecast.seconds),
        forecast.round_trip_seconds,
        forecast.creating_seconds);
}

std::string at_least_text(const PlanForecast& forecast) {
    if (forecast.slowest) {
        return fmt::format("{} at least: {} at {}/s.",
                           long_duration_text(forecast.seconds_min),
                           quota_text(*forecast.slowest),
                           rate_text(forecast.slowest->rate_per_s));
    }
    return fmt::format("{} at least: one key gets {} replicas, with time between them.",
                       long_duration_text(forecast.seconds_min),
                       with_thousands(forecast.replicas_of_key_max));
}

std::string saved_text(const QuotaSaving& saving) {
    return (saving.is_forecast ? "" : "about ") + long_duration_text(saving.seconds);
}

/// Empty where there is nothing to say.
std::string savings_text(const PlanForecast& forecast, const std::vector<BucketLoad>& load) {
    // What saves less than a twentieth is not worth a request to AWS.
    const auto is_worth_it = [&](const QuotaSaving& saving) {
        return saving.seconds >= forecast.seconds / 20;
    };
    if (forecast.savings.empty()) {
        return "";
    }
    const QuotaSaving& twice = forecast.savings.front();
    const QuotaSaving* other = forecast.savings.size() > 1 ? &forecast.savings[1] : nullptr;
    if (is_worth_it(twice)) {
        std::string text = fmt::format("Twice that quota would save {}", saved_text(twice));
        if (other != nullptr &&
            other->quotas.front().quota_per_s < twice.quotas.front().quota_per_s) {
            return text + fmt::format("; {}/s would do as well.",
                                      rate_text(other->quotas.front().quota_per_s));
        }
        if (other != nullptr) {
            return text + fmt::format(", {}/s would save {}, and more than that little more.",
                                      rate_text(other->quotas.front().quota_per_s),
                                      saved_text(*other));
        }
        return text + ".";
    }
    if (other == nullptr || other->quotas.size() < 2 || !is_worth_it(*other)) {
        return "";
    }
    return fmt::format(
        "Twice that quota would save little: {} takes nearly as long. Twice the quotas of all {} "
        "that "
        "do would save {}.",
        quota_text(load[1]),
        other->quotas.size(),
        saved_text(*other));
}

std::string time_section(const PlanForecast& forecast, const std::vector<BucketLoad>& load) {
    if (load.empty()) {
        return "";
    }
    constexpr std::string_view kTitle = "Time: ";
    const std::string indent(kTitle.size(), ' ');
    std::string text = "\n" + wrapped(kTitle, about_text(forecast), kColumnsMax) +
                       wrapped(indent, at_least_text(forecast), kColumnsMax);
    if (const std::string savings = savings_text(forecast, load); !savings.empty()) {
        text += wrapped(indent, savings, kColumnsMax);
    }
    return text;
}

std::string warnings_section(const PlanSummary& summary) {
    std::string text;
    for (const PlanWarning& warning : summary.warnings) {
        text += wrapped("Warning: ", warning.text, kColumnsMax);
    }
    return text.empty() ? text : "\n" + text;
}

}  // namespace

void write_plan_text(const Plan& plan,
                     const PlanForecast& forecast,
                     const PlanReportOptions& options,
                     const ReportSink& sink) {
    const PlanSummary summary = summarize(plan);
    sink(headline(plan, summary));
    sink(regions_section(summary, forecast));
    sink(groups_section(plan, summary));
    sink(quotas_section(plan, summary.load));
    sink(time_section(forecast, summary.load));
    sink(warnings_section(summary));
    if (options.list_jobs) {
        constexpr std::size_t kBatchBytes = 64 * 1024;  // a write for each job takes minutes
        std::string batch = "\nJobs\n";
        for (const Job& job : plan.jobs) {
            fmt::format_to(std::back_inserter(batch),
                           "  {} -> {}\n",
                           plan.keys[job.key].primary.text(),
                           plan.regions[job.region].name());
            if (batch.size() >= kBatchBytes) {
                sink(batch);
                batch.clear();
            }
        }
        sink(batch);
    }
}

}  // namespace keyferry
