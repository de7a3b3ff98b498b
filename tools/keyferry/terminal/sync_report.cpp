// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/sync_report.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace keyferry::cli {

namespace {

namespace json = boost::json;

constexpr std::size_t kReplicasShown = 50;
constexpr std::size_t kFailuresShown = 50;

std::string reason_text(const engine::FailedChange& change) {
    if (change.is_alias_taken) {
        return "the alias belongs to another key there, and sync does not move aliases; use "
               "UpdateAlias to move it";
    }
    const engine::FinalFailure& failure = change.failure;
    return fmt::format("{}{}: {}",
                       failure.may_be_made ? "may have been applied: " : "",
                       failure.code.empty() ? "no response" : failure.code,
                       failure.message);
}

std::string failure_text(const planner::Plan& plan, const engine::FailedChange& change) {
    const io::KeyArn replica = planner::replica_arn(plan, plan.jobs.at(change.job));
    return fmt::format("  {} in {}, {}{}{}: {}\n",
                       replica.key_id.text(),
                       replica.region.name(),
                       name_of(change.step),
                       change.alias.empty() ? "" : " ",
                       change.alias.empty() ? "" : io::in_quotes(change.alias),
                       io::terminal_line(reason_text(change)));
}

/// Text for no changes; claims no more than was compared.
std::string unchanged_text(const SyncReport& report) {
    const std::string parts = planner::steps_text(report.parts);
    if (report.replicas_not_compared == 0) {
        return report.has_all_parts()
                   ? "all existing replicas match the spec\n"
                   : fmt::format("the {} of all existing replicas match the spec\n", parts);
    }
    return fmt::format("{} compared, none differs\n",
                       planner::counted(report.replicas_compared, "replica", "replicas"));
}

std::string planned_text(const SyncReport& report) {
    std::string text = "\n";
    for (std::size_t s = 0; s < std::min(report.syncs.size(), kReplicasShown); ++s) {
        text += planner::sync_text(report.plan, report.syncs[s]);
    }
    if (report.syncs.size() > kReplicasShown) {
        text += fmt::format("and {} more replicas, listed by --json\n",
                            planner::with_thousands(report.syncs.size() - kReplicasShown));
    }
    return text;
}

std::string done_text(const SyncReport& report) {
    using Align = planner::TextTable::Align;
    planner::TextTable table({{"part", Align::left},
                              {"changes", Align::right},
                              {"made", Align::right},
                              {"failed", Align::right},
                              {"unknown", Align::right},
                              {"not tried", Align::right}});
    for (const planner::SyncStep step : planner::kSyncSteps) {
        const engine::SyncCounts counts = report.run->counts_of(step);
        if (counts.changes > 0) {
            table.add_row({std::string(name_of(step)),
                           planner::with_thousands(counts.changes),
                           planner::with_thousands(counts.made),
                           planner::with_thousands(counts.failed),
                           planner::with_thousands(counts.unknown),
                           planner::with_thousands(counts.not_tried())});
        }
    }
    std::string text = "\n" + table.text();
    const std::vector<engine::FailedChange>& failed = report.run->failed();
    if (!failed.empty()) {
        text += "\nFailed or unknown\n";
    }
    for (std::size_t f = 0; f < std::min(failed.size(), kFailuresShown); ++f) {
        text += failure_text(report.plan, failed[f]);
    }
    if (failed.size() > kFailuresShown) {
        text += fmt::format("  and {} more, listed by --json\n",
                            planner::with_thousands(failed.size() - kFailuresShown));
    }
    return text;
}

json::object counts_json(const engine::SyncCounts& counts) {
    json::object object;
    object["changes"] = counts.changes;
    object["made"] = counts.made;
    object["failed"] = counts.failed;
    object["unknown"] = counts.unknown;
    object["not_tried"] = counts.not_tried();
    return object;
}

json::object failure_json(const planner::Plan& plan, const engine::FailedChange& change) {
    json::object object;
    object["key"] = planner::replica_arn(plan, plan.jobs.at(change.job)).text();
    object["part"] = name_of(change.step);
    if (!change.alias.empty()) {
        object["alias"] = change.alias;
        object["alias_is_taken"] = change.is_alias_taken;
    }
    object["unknown"] = change.failure.may_be_made;
    object["code"] = change.failure.code;
    object["message"] = change.failure.message;
    return object;
}

}  // namespace

bool SyncReport::has_all_parts() const noexcept {
    return std::all_of(planner::kSyncSteps.begin(),
                       planner::kSyncSteps.end(),
                       [this](planner::SyncStep step) { return (parts & step) != 0; });
}

std::uint64_t changes_of(const std::vector<planner::ReplicaSync>& syncs) noexcept {
    std::uint64_t changes = 0;
    for (const planner::ReplicaSync& sync : syncs) {
        changes += sync.calls();
    }
    return changes;
}

std::string sync_report_text(const SyncReport& report) {
    const std::uint64_t changes = changes_of(report.syncs);
    std::string text =
        fmt::format("Sync of fleet \"{}\": ", io::terminal_line(report.plan.fleet_name));
    if (changes == 0) {
        text += unchanged_text(report);
    } else if (report.run == nullptr) {
        text += fmt::format("{} to {} would be made\n",
                            planner::counted(changes, "change", "changes"),
                            planner::counted(report.syncs.size(), "replica", "replicas"));
        text += planned_text(report);
    } else {
        text += fmt::format("{} of {} to {} made\n",
                            planner::with_thousands(report.run->counts().made),
                            planner::counted(changes, "change", "changes"),
                            planner::counted(report.syncs.size(), "replica", "replicas"));
        text += done_text(report);
    }
    if (!report.record.empty()) {
        text +=
            fmt::format("\nPrevious values are saved in {}\n", io::terminal_line(report.record));
    }
    if (report.replicas_not_compared > 0) {
        text += fmt::format(
            "\n{} could not be compared (not Enabled, primary moved, or some values not readable); "
            "keyferry plan --drift --list-jobs lists them\n",
            planner::counted(report.replicas_not_compared, "replica", "replicas"));
    }
    if (report.replicas_missing > 0) {
        text +=
            fmt::format("\n{} of the spec {} not exist; keyferry run creates what can be created\n",
                        planner::counted(report.replicas_missing, "replica", "replicas"),
                        report.replicas_missing == 1 ? "does" : "do");
    }
    return text;
}

std::string sync_report_json(const SyncReport& report) {
    json::object object;
    object["fleet"] = report.plan.fleet_name;
    object["replicas"] = report.syncs.size();
    object["changes"] = changes_of(report.syncs);
    object["dry_run"] = report.run == nullptr;
    object["replicas_missing"] = report.replicas_missing;
    object["replicas_compared"] = report.replicas_compared;
    object["replicas_not_compared"] = report.replicas_not_compared;
    if (report.run == nullptr) {
        json::array& planned = object["planned"].emplace_array();
        for (const planner::ReplicaSync& sync : report.syncs) {
            planned.push_back(json::parse(planner::sync_record_line(report.plan, sync)));
        }
    } else {
        object["made"] = report.run->counts().made;
        object["failed"] = report.run->counts().failed;
        object["unknown"] = report.run->counts().unknown;
        object["not_tried"] = report.run->counts().not_tried();
        json::object& parts = object["parts"].emplace_object();
        for (const planner::SyncStep step : planner::kSyncSteps) {
            parts[name_of(step)] = counts_json(report.run->counts_of(step));
        }
        json::array& failures = object["failures"].emplace_array();
        for (const engine::FailedChange& change : report.run->failed()) {
            failures.push_back(failure_json(report.plan, change));
        }
        object["record"] = report.record;
    }
    return json::serialize(object) + "\n";
}

int exit_code_of(const engine::SyncRun& run) {
    const std::vector<engine::FailedChange>& failed = run.failed();
    const auto all = [&](auto is_so) {
        return std::all_of(failed.begin(), failed.end(), [&](const engine::FailedChange& change) {
            return !change.is_alias_taken && is_so(change.failure);
        });
    };
    if (failed.empty()) {
        return exit_done;
    }
    if (all([](const engine::FinalFailure& failure) {
            return failure.lookup == planner::LookupStatus::denied;
        })) {
        return exit_permission;
    }
    const bool all_without_response =
        all([](const engine::FinalFailure& failure) { return failure.may_be_made; });
    return all_without_response ? exit_work_left : exit_jobs_failed;
}

}  // namespace keyferry::cli
