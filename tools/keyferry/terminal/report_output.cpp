// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/report_output.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "engine/report/run_document.hpp"
#include "io/names/kms_error.hpp"
#include "planner/report/document_html.hpp"
#include "planner/report/document_markdown.hpp"
#include "planner/report/document_text.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_exit_code.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <cstdint>

namespace keyferry::cli {

namespace {

/// Whether access must be granted or the account's credentials fixed before a rerun can finish
/// these jobs.
bool is_denied(const engine::StuckReport& group) {
    switch (io::kms_error_code(group.code, 400)) {
        case io::KmsErrorCode::access_denied:
            return true;
        case io::KmsErrorCode::expired_token:
        case io::KmsErrorCode::incomplete_signature:
        case io::KmsErrorCode::invalid_signature:
        case io::KmsErrorCode::missing_authentication_token:
        case io::KmsErrorCode::request_expired:
            return group.phase == engine::JobPhase::deferred;
        default:
            return false;
    }
}

/// The jobs that are not done, by what is needed to finish them.
struct Remaining {
    std::uint64_t denied_left = 0;   ///< of JobCounts::left()
    std::uint64_t other_failed = 0;  ///< not denied, and a rerun does not finish them
    bool all_denied = true;
};

Remaining remaining_jobs(const engine::RunReport& report) {
    Remaining remaining;
    for (const engine::StuckReport& group : report.stuck) {
        const bool is_left =
            group.phase == engine::JobPhase::deferred || group.phase == engine::JobPhase::unknown;
        if (is_denied(group)) {
            remaining.denied_left += is_left ? group.jobs : 0;
        } else {
            remaining.all_denied = false;
            remaining.other_failed += is_left ? 0 : group.jobs;
        }
    }
    return remaining;
}

/// Whether the last run has ended because KMS refused every call.
bool ended_refused(const engine::RunReport& report) {
    return report.ended && !report.runs.empty() && report.runs.back().end == "refused";
}

}  // namespace

std::string formatted(const planner::ReportDocument& document, const std::string& format) {
    if (format == "markdown") {
        return planner::document_markdown(document);
    }
    return format == "html" ? planner::document_html(document, "keyferry status")
                            : planner::document_text(document);
}

int run_exit_code(const engine::RunReport& report) {
    const engine::RunVerdict verdict = engine::verdict_on(report.counts);
    if (verdict != engine::RunVerdict::all_done && ended_refused(report)) {
        return exit_permission;
    }
    const Remaining remaining = remaining_jobs(report);
    switch (verdict) {
        case engine::RunVerdict::all_done:
            return exit_done;
        case engine::RunVerdict::some_failed:
            return remaining.all_denied ? exit_permission : exit_jobs_failed;
        case engine::RunVerdict::work_left:
            if (remaining.denied_left == report.counts.left()) {
                return remaining.other_failed > 0 ? exit_jobs_failed : exit_permission;
            }
            break;
    }
    return exit_work_left;
}

int print_run_report(const engine::RunReport& report, const std::string& format) {
    write_stdout(format == "json" ? engine::run_report_json(report)
                                  : formatted(engine::run_document(report), format));
    return run_exit_code(report);
}

int print_run_report_of(const std::string& path, const std::string& format) {
    const engine::JournalResult<engine::JournalView> view = engine::view_journal(path);
    if (!view) {
        throw journal_error(view.error());
    }
    const bool is_live = view->held && !view->replay.ended();
    return print_run_report(engine::make_run_report(view->replay, is_live), format);
}

int print_held_run_report(io::AppendFile& file,
                          const std::string& path,
                          bool json,
                          std::uint64_t unchecked) {
    const engine::JournalResult<engine::JournalView> view = engine::view_held_journal(file, path);
    if (!view) {
        log_error(view.error().text);
        return exit_journal;
    }
    engine::RunReport report = engine::make_run_report(view->replay, false);
    report.unchecked = unchecked;
    return print_run_report(report, json ? "json" : "text");
}

}  // namespace keyferry::cli
