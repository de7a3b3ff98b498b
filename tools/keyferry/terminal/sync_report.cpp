// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/sync_report.hpp"

#include "io/names/shell_word.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/exit_code_of.hpp"
#include "tools/keyferry/terminal/sync_failures.hpp"

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

/// The text for a report without changes. It covers only what was compared.
std::string unchanged_text(const SyncReport& report) {
    if (report.undo) {
        return "nothing to restore\n";
    }
    const std::string parts = planner::steps_text(report.parts);
    if (report.unsynced.empty()) {
        return report.has_all_parts()
                   ? "all existing replicas match the spec\n"
                   : fmt::format("the {} of all existing replicas match the spec\n", parts);
    }
    return fmt::format("{} compared, 0 differ\n",
                       planner::counted(report.replicas_compared, "replica"));
}

std::string planned_text(const SyncReport& report) {
    std::string text = "\n";
    const auto replicas = planner::by_replica(report.changes);
    for (std::size_t r = 0; r < std::min(replicas.size(), kReplicasShown); ++r) {
        text += planner::changes_text(replicas[r]);
    }
    if (replicas.size() > kReplicasShown) {
        text += fmt::format("and {}, listed by --json\n",
                            planner::counted(replicas.size() - kReplicasShown, "more replica"));
    }
    return text;
}

std::string counts_text(const engine::SyncRun& run) {
    using Align = planner::TextTable::Align;
    planner::TextTable table({{"part", Align::left},
                              {"changes", Align::right},
                              {"made", Align::right},
                              {"failed", Align::right},
                              {"unknown", Align::right},
                              {"deferred", Align::right},
                              {"not tried", Align::right}});
    for (const planner::SyncStep part : planner::kSyncSteps) {
        const engine::SyncCounts counts = run.counts_of(part);
        if (counts.changes > 0) {
            table.add_row({std::string(name_of(part)),
                           planner::with_thousands(counts.changes),
                           planner::with_thousands(counts.made),
                           planner::with_thousands(counts.failed),
                           planner::with_thousands(counts.unknown),
                           planner::with_thousands(counts.deferred),
                           planner::with_thousands(counts.not_tried())});
        }
    }
    return "\n" + table.text();
}

std::string_view reason_text(const engine::LostChange& lost) {
    return lost.has_value ? "it is unknown whether it was made" : "its previous value is lost";
}

std::string lost_text(const std::vector<engine::LostChange>& lost) {
    std::string text;
    if (!lost.empty()) {
        text += "\nNot restored, because the journal is damaged\n";
    }
    for (std::size_t index = 0; index < std::min(lost.size(), kFailuresShown); ++index) {
        const engine::LostChange& each = lost[index];
        text += fmt::format("  change {}{}: {}\n",
                            each.job,
                            each.replica ? fmt::format(" ({} in {}, {})",
                                                       each.replica->key_id.text(),
                                                       each.replica->region.name(),
                                                       name_of(each.action))
                                         : "",
                            reason_text(each));
    }
    if (lost.size() > kFailuresShown) {
        text += fmt::format("  and {} more, listed by --json\n",
                            planner::with_thousands(lost.size() - kFailuresShown));
    }
    return text;
}

std::string skipped_text(const UndoRest& undo) {
    std::string text = lost_text(undo.lost);
    if (!undo.skipped.empty()) {
        text += "\nNot restored\n";
    }
    for (std::size_t s = 0; s < std::min(undo.skipped.size(), kFailuresShown); ++s) {
        const planner::SkippedProperty& skipped = undo.skipped[s];
        text += fmt::format("  {} in {}, {}: {}\n",
                            skipped.replica.key_id.text(),
                            skipped.replica.region.name(),
                            property_text(skipped.part, skipped.name),
                            planner::reason_text(skipped));
    }
    if (undo.skipped.size() > kFailuresShown) {
        text += fmt::format("  and {} more, listed by --json\n",
                            planner::with_thousands(undo.skipped.size() - kFailuresShown));
    }
    if (!undo.skipped.empty()) {
        text +=
            "  If a later sync changed them, repeat the undo with that sync's journal as well. "
            "The\n  previous values are in the \"before\" records of the journals.\n";
    }
    if (undo.unchanged > 0) {
        text += fmt::format("\n{} already {} the previous value\n",
                            planner::counted(undo.unchanged, "property", "properties"),
                            undo.unchanged == 1 ? "has" : "have");
    }
    if (undo.not_made > 0) {
        text += fmt::format("\n{} in the journals {} not made, so there was nothing to undo\n",
                            planner::counted(undo.not_made, "change"),
                            undo.not_made == 1 ? "was" : "were");
    }
    if (undo.unrecorded > 0) {
        text += fmt::format(
            "\n{} {} not recorded as sent, in a journal without an `end` record (the sync was "
            "killed, or the\nfile was truncated)\n",
            planner::counted(undo.unrecorded, "change"),
            undo.unrecorded == 1 ? "is" : "are");
    }
    if (undo.missing > 0) {
        text += fmt::format(
            "\n{} cannot be restored, because a journal ends before the record of {} previous {}.\n"
            "If the sync was killed at that moment, it had not made the change yet. If the "
            "journal\n"
            "was truncated later, it may have made it.\n",
            planner::counted(undo.missing, "change"),
            undo.missing == 1 ? "its" : "their",
            undo.missing == 1 ? "value" : "values");
    }
    return text;
}

std::string journal_text(const SyncReport& report) {
    if (report.journal.empty()) {
        return {};
    }
    return fmt::format("Journal {}; to {}: {}",
                       io::terminal_line(report.journal),
                       report.undo ? "reapply the undone changes" : "restore the previous values",
                       undo_command(report));
}

json::object counts_json(const engine::SyncCounts& counts) {
    json::object object;
    object["changes"] = counts.changes;
    object["made"] = counts.made;
    object["failed"] = counts.failed;
    object["unknown"] = counts.unknown;
    object["deferred"] = counts.deferred;
    object["not_tried"] = counts.not_tried();
    return object;
}

json::object failure_json(const planner::ReplicaChange& planned,
                          const engine::FailedChange& change) {
    json::object object;
    object["key"] = planned.replica.text();
    object["part"] = name_of(planner::part_changed_by(planned.action).value());
    object["operation"] = name_of(planned.action);
    if (!planned.alias.empty()) {
        object["alias"] = planned.alias;
        object["alias_is_taken"] = change.is_alias_taken;
    }
    object["unknown"] = change.failure.may_be_made;
    object["refused"] = change.failure.is_refused;
    object["code"] = change.failure.code;
    object["message"] = change.failure.message;
    return object;
}

void put_undo(const UndoRest& undo, json::object& object) {
    object["unchanged"] = undo.unchanged;
    object["never_made"] = undo.not_made;
    object["unrecorded"] = undo.unrecorded;
    object["missing"] = undo.missing;
    json::array& skipped = object["not_restored"].emplace_array();
    for (const planner::SkippedProperty& each : undo.skipped) {
        json::object entry;
        entry["key"] = each.replica.text();
        entry["part"] = name_of(each.part);
        entry["name"] = each.name;
        entry["changed_since"] = each.lookup == planner::LookupStatus::found &&
                                 !each.is_contradictory && !each.is_unrecorded;
        entry["reason"] = planner::reason_text(each);
        skipped.push_back(std::move(entry));
    }
    json::array& lost = object["lost"].emplace_array();
    for (const engine::LostChange& each : undo.lost) {
        json::object entry;
        entry["change"] = each.job;
        if (each.replica) {
            entry["key"] = each.replica->text();
            entry["operation"] = name_of(each.action);
        }
        entry["reason"] = reason_text(each);
        lost.push_back(std::move(entry));
    }
}

void put_outcomes(const SyncReport& report, json::object& object) {
    const engine::SyncCounts counts = report.run->counts();
    object["made"] = counts.made;
    object["failed"] = counts.failed;
    object["unknown"] = counts.unknown;
    object["deferred"] = counts.deferred;
    object["not_tried"] = counts.not_tried();
    json::object& parts = object["parts"].emplace_object();
    for (const planner::SyncStep part : planner::kSyncSteps) {
        parts[name_of(part)] = counts_json(report.run->counts_of(part));
    }
    json::array& failures = object["failures"].emplace_array();
    for (const engine::FailedChange& change : report.run->failed()) {
        failures.push_back(failure_json(report.changes.at(change.change), change));
    }
    object["journal"] = report.journal;
    json::array& before = object["journals_before"].emplace_array();
    for (const std::string& journal : report.journals_before) {
        before.push_back(json::value(journal));
    }
}

}  // namespace

SyncReport::SyncReport(std::string fleet_, const std::vector<planner::ReplicaChange>& changes_)
    : fleet(std::move(fleet_)),
      changes(changes_),
      replicas_(planner::by_replica(changes_).size()) {}

bool SyncReport::has_all_parts() const noexcept {
    return std::all_of(planner::kSyncSteps.begin(),
                       planner::kSyncSteps.end(),
                       [this](planner::SyncStep step) { return (parts & step) != 0; });
}

std::string undo_command(const SyncReport& report) {
    std::string command = "keyferry sync ";
    command += report.fleet_path.empty() ? "" : io::shell_word(report.fleet_path) + " ";
    for (const std::string& journal : report.journals_before) {
        command += fmt::format("--undo {} ", io::shell_word(journal));
    }
    return command + fmt::format("--undo {}", io::shell_word(report.journal));
}

std::string sync_report_text(const SyncReport& report) {
    const std::string changes = planner::counted(report.changes.size(), "change");
    const std::string replicas = planner::counted(report.replicas(), "replica");
    std::string text = fmt::format("{} of fleet \"{}\": ",
                                   report.undo ? "Undo of a sync" : "Sync",
                                   io::terminal_line(report.fleet));
    if (report.changes.empty()) {
        text += unchanged_text(report);
    } else if (report.run == nullptr) {
        text += fmt::format("{} to {} would be made\n", changes, replicas);
        text += planned_text(report);
    } else {
        text += fmt::format("{} of {} to {} made\n",
                            planner::with_thousands(report.run->counts().made),
                            changes,
                            replicas);
        text += counts_text(*report.run) + failures_text(report.changes, report.run->failed());
    }
    if (report.undo) {
        text += skipped_text(*report.undo);
    }
    if (!report.journal.empty()) {
        text += "\n" + journal_text(report) + "\n";
    }
    text += unsynced_text(report.unsynced);
    if (report.replicas_missing > 0) {
        text += fmt::format(
            "\n{} in the spec {} not exist; 'keyferry run' creates those that can be created\n",
            planner::counted(report.replicas_missing, "replica"),
            report.replicas_missing == 1 ? "does" : "do");
    }
    return text;
}

std::string sync_report_json(const SyncReport& report) {
    json::object object;
    object["format"] = "keyferry-sync-report-1";
    object["fleet"] = report.fleet;
    object["verb"] = report.undo ? "undo" : "sync";
    object["replicas"] = report.replicas();
    object["changes"] = report.changes.size();
    object["dry_run"] = report.is_dry_run;
    if (report.undo) {
        put_undo(*report.undo, object);
    } else {
        object["replicas_missing"] = report.replicas_missing;
        object["replicas_compared"] = report.replicas_compared;
        object["replicas_not_compared"] = report.replicas_not_compared;
        object["not_synced"] = unsynced_json(report.unsynced);
    }
    if (report.run == nullptr) {
        json::array& planned = object["planned"].emplace_array();
        for (const auto of_replica : planner::by_replica(report.changes)) {
            planned.push_back(json::parse(planner::changes_json(of_replica)));
        }
    } else {
        put_outcomes(report, object);
    }
    return json::serialize(object) + "\n";
}

int exit_code_of(const engine::SyncRun& run) {
    int exit_code = exit_done;
    for (const engine::FailedChange& change : run.failed()) {
        exit_code = combined_exit_code(exit_code, exit_code_of(change));
    }
    return exit_code;
}

int exit_code_of(const std::vector<planner::SkippedProperty>& skipped) {
    int exit_code = exit_done;
    for (const planner::SkippedProperty& each : skipped) {
        const int of_read = exit_code_of(each.lookup);
        exit_code =
            combined_exit_code(exit_code, of_read == exit_done ? exit_jobs_failed : of_read);
    }
    return exit_code;
}

}  // namespace keyferry::cli
