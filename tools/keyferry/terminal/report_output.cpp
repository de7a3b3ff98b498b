// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/report_output.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "engine/report/run_report.hpp"
#include "io/names/kms_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <cstdint>

namespace keyferry::cli {

namespace {

/// Whether a person has to allow access or fix the account's credentials before a rerun can finish
/// these jobs.
bool is_denied(const engine::StuckGroup& group) {
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

Remaining remaining_jobs(const engine::JournalReplay& replay) {
    Remaining remaining;
    for (const engine::StuckGroup& group : replay.stuck()) {
        const bool is_left =
            group.phase == engine::JobPhase::deferred || group.phase == engine::JobPhase::unknown;
        if (group.jobs == 0) {
            continue;
        }
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
bool ended_refused(const engine::JournalReplay& replay) {
    return replay.ended() && !replay.runs().empty() && replay.runs().back().end == "refused";
}

/// Prints the report. `live`: another process is using the journal.
int print_report(const engine::JournalResult<engine::JournalView>& view, bool live, bool json) {
    if (!view) {
        log_error(view.error().text);
        return exit_journal;
    }
    const engine::RunReport report = engine::make_run_report(view->replay, live);
    write_stdout(json ? engine::run_report_json(report) : engine::run_report_text(report));
    const engine::RunVerdict verdict = engine::verdict_on(report.counts);
    if (verdict != engine::RunVerdict::all_done && ended_refused(view->replay)) {
        return exit_permission;
    }
    const Remaining remaining = remaining_jobs(view->replay);
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

}  // namespace

int print_run_report(const std::string& path, bool json) {
    const engine::JournalResult<engine::JournalView> view = engine::view_journal(path);
    return print_report(view, view && view->held && !view->replay.ended(), json);
}

int print_held_run_report(io::AppendFile& file, const std::string& path, bool json) {
    return print_report(engine::view_held_journal(file, path), false, json);
}

}  // namespace keyferry::cli
