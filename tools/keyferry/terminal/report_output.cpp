// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/report_output.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "engine/report/run_report.hpp"
#include "io/names/kms_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

namespace keyferry::cli {

namespace {

/// Whether no job is in progress or not started. The jobs that are not done were abandoned.
bool nothing_pending(const engine::JobCounts& counts) {
    return counts.ended() == counts.jobs();
}

/// Whether access was denied for all remaining jobs.
bool all_denied(const engine::JournalReplay& replay) {
    for (const engine::StuckGroup& group : replay.stuck()) {
        const bool denied = io::kms_error_code(group.code, 400) == io::KmsErrorCode::access_denied;
        if (group.jobs > 0 && !denied) {
            return false;
        }
    }
    return true;
}

/// Whether the last run has ended because KMS refused every call.
bool ended_refused(const engine::JournalReplay& replay) {
    return replay.ended() && !replay.runs().empty() && replay.runs().back().end == "refused";
}

/// Prints the report. `live`: another process is using the journal.
int print_report(const engine::JournalResult<engine::JournalView>& view, bool live, bool json) {
    if (!view) {
        log_message(view.error().text);
        return exit_journal;
    }
    const engine::RunReport report = engine::make_run_report(view->replay, live);
    write_stdout(json ? engine::run_report_json(report) : engine::run_report_text(report));
    const engine::RunVerdict verdict = engine::verdict_on(report.counts);
    if (verdict != engine::RunVerdict::all_done && ended_refused(view->replay)) {
        return exit_permission;
    }
    switch (verdict) {
        case engine::RunVerdict::all_done:
            return exit_done;
        case engine::RunVerdict::some_failed:
            return all_denied(view->replay) ? exit_permission : exit_jobs_failed;
        case engine::RunVerdict::work_left:
            if (nothing_pending(report.counts) && all_denied(view->replay)) {
                return exit_permission;
            }
            break;
    }
    return exit_work_left;
}

}  // namespace

int print_run_report(const std::string& path, bool json) {
    const engine::JournalResult<engine::JournalView> view = engine::view_journal(path);
    return print_report(view, view && view->held && !view->replay.ended(), json);
}

int print_held_run_report(io::AppendFile& file, const std::string& path, bool json) {
    return print_report(engine::view_held_journal(file, path), false, json);
}

}  // namespace keyferry::cli
