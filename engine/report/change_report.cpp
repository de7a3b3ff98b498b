// SPDX-License-Identifier: Apache-2.0
#include "engine/report/change_report.hpp"

#include "engine/report/advice.hpp"
#include "io/names/kms_error.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace keyferry::engine {

namespace {

using Align = planner::TextTable::Align;

std::string_view title_of(JournalVerb verb) {
    return verb == JournalVerb::undo ? "Undo of a sync" : "Sync";
}

}  // namespace

std::string changes_headline(const RunReport& report) {
    return fmt::format("{} of fleet \"{}\"{}: {} of {} made",
                       title_of(report.verb),
                       io::terminal_line(report.fleet),
                       report.simulated ? ", simulated" : "",
                       planner::with_thousands(report.counts.done()),
                       planner::counted(report.counts.jobs(), "change"));
}

planner::ReportSection changes_counts(const RunReport& report) {
    struct Line {
        std::string_view name;
        std::uint64_t count;
        std::string_view note;
    };
    const JobCounts& counts = report.counts;
    const std::array lines{
        Line{"made", counts.done(), ""},
        Line{"failed", counts.of(JobPhase::failed), "rejected by KMS"},
        Line{"alias taken", counts.of(JobPhase::conflict), "the alias belongs to another key"},
        Line{"unknown", counts.of(JobPhase::unknown), "may have been made"},
        Line{"deferred", counts.of(JobPhase::deferred), "not made"},
        Line{report.live ? "in flight" : "unresolved",
             counts.of(JobPhase::sent),
             report.live ? "" : "may have been made"},
        Line{"not started", counts.of(JobPhase::not_started), ""},
    };
    planner::ReportTable table;
    table.caption = "Changes by outcome";
    table.columns = {
        {"outcome"}, {"changes", Align::right}, {"", Align::left, planner::kTextColumnsMax}};
    for (const Line& line : lines) {
        if (line.count > 0 || &line == &lines.front()) {
            table.rows.push_back({std::string(line.name),
                                  planner::with_thousands(line.count),
                                  std::string(line.note)});
        }
    }
    table.rows.push_back({"total", planner::with_thousands(counts.jobs()), ""});
    return {"changes", "Changes", {std::move(table)}};
}

planner::ReportSection changes_by_region(const RunReport& report) {
    planner::ReportTable table;
    table.caption = "Changes by Region and outcome";
    table.columns = {{"Region"},
                     {"changes", Align::right},
                     {"made", Align::right},
                     {"failed", Align::right},
                     {"unknown", Align::right},
                     {"deferred", Align::right},
                     {"not started", Align::right}};
    for (const RegionOutcome& region : report.regions) {
        const JobCounts& counts = region.counts;
        table.rows.push_back(
            {io::terminal_line(region.region),
             region.planned_is_known ? planner::with_thousands(counts.jobs()) : "?",
             planner::with_thousands(counts.done()),
             planner::with_thousands(counts.of(JobPhase::failed) + counts.of(JobPhase::conflict)),
             planner::with_thousands(counts.of(JobPhase::unknown) + counts.of(JobPhase::sent)),
             planner::with_thousands(counts.of(JobPhase::deferred)),
             planner::with_thousands(counts.of(JobPhase::not_started))});
    }
    return {"regions", "By Region", {std::move(table)}};
}

std::string_view advice_on_changes(JobPhase phase, std::string_view code) {
    const io::KmsErrorCode kms_code = io::kms_error_code(code, 400);
    switch (phase) {
        case JobPhase::conflict:
            return "The alias belongs to another key, so keyferry does not move or delete it. Move "
                   "it with UpdateAlias, or correct the spec.";
        case JobPhase::failed:
            return kms_code == io::KmsErrorCode::access_denied
                       ? "The caller needs permission for the operation (see `keyferry permissions "
                         "--sync`). The replica's key policy and the organization's policies must "
                         "also allow it. Grant the permission, then run the command again."
                       : "Fix the cause (see the message), then run the command again.";
        case JobPhase::unknown:
            return "Run the command again; it compares the replicas again.";
        default:
            break;
    }
    switch (kms_code) {
        case io::KmsErrorCode::access_denied:  // by STS
        case io::KmsErrorCode::expired_token:
        case io::KmsErrorCode::incomplete_signature:
        case io::KmsErrorCode::invalid_client_token:
        case io::KmsErrorCode::invalid_signature:
        case io::KmsErrorCode::missing_authentication_token:
        case io::KmsErrorCode::request_expired:
            return "KMS does not accept the credentials. Renew them, then run the command again.";
        default:
            return "These changes were not made. Run the command again.";
    }
}

std::string_view advice_for(JournalVerb verb, JobPhase phase, std::string_view code) {
    return verb == JournalVerb::run ? advice_on(phase, code) : advice_on_changes(phase, code);
}

}  // namespace keyferry::engine
