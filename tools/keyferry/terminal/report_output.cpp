// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/report_output.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "engine/report/run_document.hpp"
#include "planner/report/document_html.hpp"
#include "planner/report/document_markdown.hpp"
#include "planner/report/document_text.hpp"
#include "tools/keyferry/terminal/exit_code_of.hpp"
#include "tools/keyferry/terminal/journal_error.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <cstdint>

namespace keyferry::cli {

namespace {

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
    const engine::JobCounts& counts = report.counts;
    if (counts.done() < counts.jobs() && ended_refused(report)) {
        return exit_permission;
    }
    int exit_code = exit_done;
    for (const engine::JobPhase phase :
         {engine::JobPhase::not_started, engine::JobPhase::sent, engine::JobPhase::accepted}) {
        if (counts.of(phase) > 0) {
            exit_code = combined_exit_code(exit_code, exit_code_of(phase, ""));
        }
    }
    for (const engine::StuckReport& group : report.stuck) {
        exit_code = combined_exit_code(exit_code, exit_code_of(group.phase, group.code));
    }
    return exit_code;
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
