// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/replan.hpp"

#include "engine/journal/read/open.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/journal/repair/replan.hpp"
#include "engine/journal/repair/rewrite.hpp"
#include "io/file/posix_append_file.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/journal_error.hpp"
#include "tools/keyferry/terminal/orphaned_files_note.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace keyferry::cli {

namespace {

constexpr std::size_t kRegionsLoggedMax = 40;

void log_regions(const engine::PlanDifference& difference) {
    std::size_t logged = 0;
    for (const engine::PlanDifference::Region& region : difference.regions) {
        const bool differs = region.jobs != region.jobs_before || region.dropped > 0;
        if (differs && logged++ < kRegionsLoggedMax) {
            log_message(fmt::format(
                "  {}: {} before, {} now; {} started jobs in both, {} started jobs removed",
                io::terminal_line(region.name),
                planner::counted(region.jobs_before, "job"),
                planner::with_thousands(region.jobs),
                planner::with_thousands(region.carried),
                planner::with_thousands(region.dropped)));
        }
    }
}

/// Logs the differences. The wording is correct both before and after a replan.
void log_difference(const engine::PlanDifference& difference) {
    log_message(
        fmt::format("the journal's plan has {}, this plan {}: {} started jobs are in both ({} "
                    "done), {} started jobs were removed ({} done), {} are new or not started",
                    planner::counted(difference.jobs_before, "job"),
                    planner::with_thousands(difference.jobs),
                    planner::with_thousands(difference.carried),
                    planner::with_thousands(difference.carried_done),
                    planner::with_thousands(difference.dropped),
                    planner::with_thousands(difference.dropped_done),
                    planner::with_thousands(difference.not_begun())));
    log_regions(difference);
    if (difference.started_over > 0) {
        log_message(fmt::format("  {} failed earlier with a different request and will be retried",
                                planner::counted(difference.started_over, "job")));
    }
    if (difference.changed_done > 0) {
        log_message(
            fmt::format("  {} done with different parameters (policy, description, tags or bypass) "
                        "than in this plan; keyferry run does not change existing replicas",
                        planner::counted(difference.changed_done, "job")));
    }
    if (difference.changed_open > 0) {
        log_message(
            fmt::format("  {} unresolved were sent with different parameters than in this plan; "
                        "their replicas, if created, keep those parameters",
                        planner::counted(difference.changed_open, "job")));
    }
}

/// Warns that the lost records may belong to jobs whose request was sent.
void warn_about_lost_records(const engine::PlanDifference& difference) {
    if (difference.unnamed_in_doubt == 0) {
        return;
    }
    const std::string dropped =
        difference.unnamed_dropped_min > 0
            ? fmt::format("at least {} of them are not in this plan",
                          planner::with_thousands(difference.unnamed_dropped_min))
            : std::string("some of them may not be in this plan");
    log_message(
        fmt::format("WARNING: the journal has lost records, so {} without records may have been "
                    "sent: {}, and runs check only the jobs of their plan. Run `keyferry plan` "
                    "with the previous spec to check all of them.",
                    planner::counted(difference.unnamed_in_doubt, "job"),
                    dropped));
}

/// Warns about unresolved jobs that are dropped. Called before the journal is replaced, so that the
/// warning appears even if replacing it fails.
void warn_about_dropped_jobs(const engine::PlanDifference& difference) {
    warn_about_lost_records(difference);
    if (difference.dropped_in_doubt == 0) {
        return;
    }
    log_message(
        fmt::format("WARNING: {} unresolved and not in this plan; runs will not check whether "
                    "their replicas exist:",
                    planner::counted(difference.dropped_in_doubt, "job")));
    for (const engine::DroppedJob& job : difference.dropped_in_doubt_named) {
        log_message(
            fmt::format("  {} -> {}", io::terminal_line(job.key), io::terminal_line(job.region)));
    }
    const std::size_t named = difference.dropped_in_doubt_named.size();
    if (difference.dropped_in_doubt > named) {
        log_message(
            fmt::format("  ... and {} more; the previous journal, which is kept, lists all of them",
                        planner::with_thousands(difference.dropped_in_doubt - named)));
    }
}

/// Whether the journal in `file`, at `path`, belongs to another plan.
engine::JournalResult<bool> needs_replan(io::AppendFile& file,
                                         const engine::JournalHeader& header,
                                         const std::string& path) {
    bool is_other = false;
    engine::JournalScan scan;
    const auto read_header = [&](const engine::JournalRecord& record) -> std::string {
        const auto* before = std::get_if<engine::JournalHeader>(&record.body);
        is_other = before != nullptr &&
                   (before->plan_sha256 != header.plan_sha256 || before->jobs != header.jobs ||
                    before->simulated != header.simulated);
        return "only the header is needed";
    };
    if (const std::error_code error = engine::scan_journal(file, read_header, scan)) {
        return engine::journal_io_problem(path, "read", error);
    }
    return is_other;
}

}  // namespace

void replan_for_run(const std::string& path,
                    const planner::Plan& plan,
                    const engine::JournalHeader& header,
                    io::WallTime now) {
    std::error_code ignored;
    if (!std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
        return;  // the run creates it
    }
    const engine::JournalResult<std::unique_ptr<io::AppendFile>> locked =
        engine::lock_journal(path);
    if (!locked) {
        throw journal_error(locked.error());
    }
    const engine::JournalResult<bool> is_needed = needs_replan(**locked, header, path);
    if (!is_needed) {
        throw journal_error(is_needed.error());
    }
    if (!*is_needed) {
        return;  // it belongs to this plan, or the run reports the problem
    }
    log_orphaned_temp_files(path);
    engine::PlanDifference difference;
    const auto fill = [&](io::AppendFile& file) -> std::optional<engine::JournalProblem> {
        engine::JournalResult<engine::PlanDifference> result =
            engine::replan_journal(**locked, file, plan, header, now, path);
        if (!result) {
            return result.error();
        }
        difference = *std::move(result);
        warn_about_dropped_jobs(difference);
        return std::nullopt;
    };
    const engine::JournalResult<std::string> kept_as = engine::replace_journal(path, fill);
    if (!kept_as) {
        throw journal_error(kept_as.error());
    }
    log_message(fmt::format(
        "replanned: the journal {} now belongs to this plan; the previous journal is kept as {}",
        io::terminal_line(path),
        io::terminal_line(*kept_as)));
    log_difference(difference);
    if (difference.torn_bytes > 0) {
        log_message(fmt::format("  removed an incomplete write of {} at the end",
                                planner::counted(difference.torn_bytes, "byte")));
    }
}

void log_plan_difference(const std::string& path, const planner::Plan& plan) {
    std::unique_ptr<io::PosixAppendFile> file;
    if (io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_only, file)) {
        return;
    }
    const engine::JournalResult<engine::PlanDifference> difference =
        engine::compare_with_plan(*file, plan, path);
    if (difference) {
        log_difference(*difference);
    }
    const bool has_copies = std::any_of(plan.groups.begin(), plan.groups.end(), [](const auto& g) {
        return g.parameters.copied.any();
    });
    if (has_copies) {
        log_message(
            "  this plan copies the current values of its primaries. If they have changed since "
            "the journal was started, use --replan to continue with the new values; existing "
            "replicas are not changed");
    }
}

}  // namespace keyferry::cli
