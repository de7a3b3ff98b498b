// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/sync_failures.hpp"

#include "engine/report/change_report.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"

#include <boost/algorithm/string/replace.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace keyferry::cli {

namespace {

constexpr std::size_t kGroupsMax = 10;
constexpr std::size_t kListedMax = 10;
constexpr std::size_t kColumnsMax = 100;

/// The changes that failed for the same reason.
struct FailureGroup {
    engine::JobPhase phase = engine::JobPhase::failed;
    std::string code;
    std::string reason;
    std::vector<const engine::FailedChange*> failed;
};

engine::JobPhase phase_of(const engine::FailedChange& change) {
    return change.is_alias_taken        ? engine::JobPhase::conflict
           : change.failure.may_be_made ? engine::JobPhase::unknown
           : change.failure.is_refused  ? engine::JobPhase::failed
                                        : engine::JobPhase::deferred;
}

/// The reason, without the replica's ARN that KMS includes in its messages.
std::string reason_of(const planner::ReplicaChange& planned, const engine::FailedChange& change) {
    if (change.is_alias_taken) {
        return "the alias already belongs to another key in that Region";
    }
    const engine::FinalFailure& failure = change.failure;
    return fmt::format(
        "{}{}: {}",
        failure.may_be_made ? "may have been applied: " : "",
        failure.code.empty() ? "no response" : failure.code,
        boost::replace_all_copy(failure.message, planned.replica.text(), "the replica"));
}

std::vector<FailureGroup> groups_of(const std::vector<planner::ReplicaChange>& changes,
                                    const std::vector<engine::FailedChange>& failed) {
    std::map<std::pair<engine::JobPhase, std::string>, FailureGroup> by_reason;
    for (const engine::FailedChange& each : failed) {
        std::string reason = reason_of(changes.at(each.change), each);
        FailureGroup& group = by_reason[{phase_of(each), reason}];
        group.phase = phase_of(each);
        group.code = each.failure.code;
        group.reason = std::move(reason);
        group.failed.push_back(&each);
    }
    std::vector<FailureGroup> groups;
    for (auto& [reason, group] : by_reason) {
        groups.push_back(std::move(group));
    }
    std::stable_sort(
        groups.begin(), groups.end(), [](const FailureGroup& a, const FailureGroup& b) {
            return a.failed.size() > b.failed.size();
        });
    return groups;
}

std::string group_text(const std::vector<planner::ReplicaChange>& changes,
                       const FailureGroup& group) {
    std::string text = planner::wrapped(
        fmt::format(
            "  {} {}: ", planner::counted(group.failed.size(), "change"), name_of(group.phase)),
        io::terminal_line(group.reason),
        kColumnsMax);
    for (std::size_t f = 0; f < std::min(group.failed.size(), kListedMax); ++f) {
        const planner::ReplicaChange& planned = changes.at(group.failed[f]->change);
        text += fmt::format(
            "    {} in {}, {}\n",
            planned.replica.key_id.text(),
            planned.replica.region.name(),
            property_text(planner::part_changed_by(planned.action).value(), planned.alias));
    }
    if (group.failed.size() > kListedMax) {
        text += fmt::format("    and {} more, listed by --json\n",
                            planner::with_thousands(group.failed.size() - kListedMax));
    }
    return text +
           planner::wrapped(
               "    What to do: ", engine::advice_on_changes(group.phase, group.code), kColumnsMax);
}

}  // namespace

std::string property_text(planner::SyncStep part, const std::string& name) {
    if (name.empty()) {
        return std::string(name_of(part));
    }
    return fmt::format("{} {}", name_of(part), io::in_quotes(name));
}

std::string failures_text(const std::vector<planner::ReplicaChange>& changes,
                          const std::vector<engine::FailedChange>& failed) {
    const std::vector<FailureGroup> groups = groups_of(changes, failed);
    std::string text = groups.empty() ? "" : "\nFailed, or outcome unknown\n";
    for (std::size_t g = 0; g < std::min(groups.size(), kGroupsMax); ++g) {
        text += group_text(changes, groups[g]);
    }
    if (groups.size() > kGroupsMax) {
        text += fmt::format("  and {}, listed by --json\n",
                            planner::counted(groups.size() - kGroupsMax, "more reason"));
    }
    return text;
}

}  // namespace keyferry::cli
