#include "io/names/duration_text.hpp"
#include "planner/plan_report.hpp"
#include "planner/plan_summary.hpp"
#include "planner/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
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

std::string regions_section(const PlanSummary& summary) {
    TextTable table({{"Region"}, {"replicas", Align::right}, {"note"}});
    for (const RegionSummary& region : summary.regions) {
        table.add_row({region.region.name(),
                       with_thousands(region.replicas),
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

std::string quotas_section(const Plan& plan, const QuotaLoad& load) {
    TextTable table({{"account"},
                     {"Region"},
                     {"API"},
                     {"requests", Align::right},
                     {"quota/s", Align::right},
                     {"used/s", Align::right},
                     {"at least", Align::right}});
    for (std::size_t b = 0; b < std::min(load.buckets.size(), kRowsMax); ++b) {
        const BucketLoad& bucket = load.buckets[b];
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
           table.text() + rest_of(load.buckets.size());
}

std::string time_section(const QuotaLoad& load) {
    if (load.buckets.empty()) {
        return "";
    }
    constexpr std::string_view kTitle = "Time at least: ";
    const std::string indent(kTitle.size(), ' ');
    const BucketLoad& slowest = load.buckets.front();
    std::string text = "\n" + wrapped(kTitle,
                                      fmt::format("{}, set by {} in {} ({}/s).",
                                                  long_duration_text(load.seconds),
                                                  name_of(slowest.api),
                                                  slowest.place.region.name(),
                                                  rate_text(slowest.rate_per_s)),
                                      kColumnsMax);
    // What saves less than a twentieth is not worth a request to AWS.
    if (load.seconds_saved_by_doubling >= load.seconds / 20) {
        text += wrapped(indent,
                        fmt::format("Twice that quota would save {}.",
                                    long_duration_text(load.seconds_saved_by_doubling)),
                        kColumnsMax);
    } else if (load.buckets.size() > 1) {
        const BucketLoad& next = load.buckets[1];
        text += wrapped(
            indent,
            fmt::format("Twice that quota would save little: {} in {} takes nearly as long.",
                        name_of(next.api),
                        next.place.region.name()),
            kColumnsMax);
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

void write_plan_text(const Plan& plan, const PlanReportOptions& options, const ReportSink& sink) {
    const PlanSummary summary = summarize(plan);
    sink(headline(plan, summary));
    sink(regions_section(summary));
    sink(groups_section(plan, summary));
    sink(quotas_section(plan, summary.load));
    sink(time_section(summary.load));
    sink(warnings_section(summary));
    if (options.list_jobs) {
        sink("\nJobs\n");
        for (const Job& job : plan.jobs) {
            sink(fmt::format("  {} -> {}\n",
                             plan.keys[job.key].primary.text(),
                             plan.regions[job.region].name()));
        }
    }
}

}  // namespace keyferry
