// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/replan.hpp"

#include "engine/journal/read/binding.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/journal/repair/compact.hpp"
#include "engine/journal/repair/rewrite.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

namespace keyferry::engine {
namespace {

std::optional<JournalProblem> replan_refusal(const JournalHeader& header,
                                             const JournalHeader& before,
                                             const std::string& name) {
    using Kind = JournalProblem::Kind;
    if (std::optional<JournalProblem> problem =
            check_is_of_run(before, name, "Specify another file with --journal.")) {
        return problem;
    }
    if (header.simulated != before.simulated) {
        return JournalProblem(
            Kind::other_plan,
            fmt::format("journal {} is from a {} run, but this run is {}, so nothing can be "
                        "carried over. Specify another file with --journal.",
                        name,
                        before.simulated ? "simulated" : "real",
                        before.simulated ? "real" : "simulated"));
    }
    if (header.partition != before.partition) {
        return JournalProblem(
            Kind::other_plan,
            fmt::format("journal {} is for partition {}, but this plan is for {}, so nothing can "
                        "be carried over. Specify another file with --journal.",
                        name,
                        before.partition,
                        header.partition));
    }
    std::optional<JournalProblem> problem = check_access(header.access, before.access, name);
    return problem ? std::move(problem) : rewrite_version_problem(before.version, name);
}

JournalRewrite rewrite_of(const PlanDifference& difference,
                          const JournalHeader& before,
                          std::uint64_t records_before) {
    JournalRewrite rewrite;
    rewrite.how = JournalRewrite::How::replanned;
    rewrite.records_before = records_before;
    rewrite.jobs_carried = difference.carried;
    rewrite.jobs_dropped = difference.dropped;
    rewrite.jobs_not_begun = difference.not_begun();
    rewrite.plan_sha256_before = before.plan_sha256;
    return rewrite;
}

/// Writes a record if it is carried over.
void carry(const JournalRecord& record, const PlanComparison& comparison, JournalRewriter& writer) {
    if (const auto* job = std::get_if<JournalJobRecord>(&record.body)) {
        if (comparison.fate(job->job) == JobFate::carried) {
            std::string buffer;
            writer.copy(with_job(record.text, comparison.job(job->job), buffer));
        }
    } else if (!std::holds_alternative<JournalSkipped>(record.body)) {
        // Optional records of later versions are not copied, because they might contain the old job
        // numbers.
        writer.copy(record.text);
    }
}

}  // namespace

JournalResult<PlanDifference> replan_journal(io::AppendFile& from,
                                             io::AppendFile& to,
                                             const planner::Plan& plan,
                                             const JournalHeader& header,
                                             io::WallTime now,
                                             const std::string& name) {
    JournalReplay replay;
    JournalScan scan;
    std::error_code error = replay_journal(from, replay, scan);
    std::optional<JournalProblem> problem = journal_scan_problem(name, scan);
    if (!error && !problem) {
        problem = replan_refusal(header, replay.header(), name);
    }
    if (error || problem) {
        return problem ? *std::move(problem) : journal_io_problem(name, "read", error);
    }
    PlanComparison comparison(plan, replay);
    JournalScan again;
    error = scan_journal(
        from, [&](const JournalRecord& record) { return comparison.take(record); }, again);
    problem = journal_scan_problem(name, again);
    if (error || problem) {
        return problem ? *std::move(problem) : journal_io_problem(name, "read", error);
    }
    PlanDifference difference = comparison.finish();
    difference.torn_bytes = scan.bytes - scan.good_bytes;
    // If all primaries have moved, all jobs of the same fleet have different names.
    const bool is_same_fleet = replay.header().fleet == header.fleet;
    if (!is_same_fleet && difference.carried + difference.started_over == 0 &&
        difference.dropped > 0) {
        return JournalProblem(
            JournalProblem::Kind::other_plan,
            fmt::format(
                "journal {} (fleet \"{}\") has records of jobs ({}), but none of these jobs "
                "is in this plan, so the journal belongs to another fleet. Specify another "
                "file with --journal.",
                name,
                replay.header().fleet,
                difference.dropped));
    }

    JournalRewriter writer(to);
    error = scan_journal(
        from,
        [&](const JournalRecord& record) -> std::string {
            if (record.sequence == 0) {
                writer.add(record.time, header);
                writer.add(now, rewrite_of(difference, replay.header(), scan.tail.next_sequence));
            } else {
                carry(record, comparison, writer);
            }
            return writer.error() ? "stop" : "";
        },
        again);
    if (!error && !writer.error() && again.tail != scan.tail) {
        // the file has changed since the first scan
        error = std::error_code(EIO, std::system_category());
    }
    if (error) {
        return journal_io_problem(name, "read", error);
    }
    if (const std::error_code failed = writer.finish()) {
        return journal_io_problem(name, "writing the journal for the new plan", failed);
    }
    return difference;
}

}  // namespace keyferry::engine
