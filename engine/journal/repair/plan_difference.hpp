// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/replay.hpp"
#include "io/file/append_file.hpp"
#include "planner/plan/plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// Where a job of a journal stands in another plan: jobs are the same when the primary's ARN and
/// the replica's Region are.
enum class JobFate : std::uint8_t {
    no_records,  ///< nothing is known of it, not even its name
    carried,     ///< the plan has it too
    dropped,     ///< the plan does not have it
    begun_anew,  ///< the plan has it, but it had failed with a request that is now another
};

/// A job that the plan does not have and that is in doubt: its replica may exist.
struct DroppedJob {
    std::string key;  ///< ARN of the primary
    std::string region;
};
inline constexpr std::size_t kDroppedJobsNamedMax = 20;

/// How a plan differs from the one that a journal was written for, as far as the journal can tell:
/// jobs that have no records are not named in it.
struct PlanDifference {
    struct Region {
        std::string name;
        std::uint64_t jobs_before = 0;  ///< of the journal's plan
        std::uint64_t jobs = 0;         ///< of the plan
        std::uint64_t carried = 0;
        std::uint64_t dropped = 0;
        std::uint64_t begun_anew = 0;
    };
    std::vector<Region> regions;  ///< those of either plan, sorted by name

    std::uint64_t jobs_before = 0;
    std::uint64_t jobs = 0;
    std::uint64_t carried = 0;
    std::uint64_t carried_done = 0;
    std::uint64_t dropped = 0;
    std::uint64_t dropped_done = 0;
    std::uint64_t dropped_in_doubt = 0;
    /// Where the journal lacks records: the jobs of its plan that have none left. Each may have
    /// been sent, and whether the plan has it cannot be told, since nothing names it.
    std::uint64_t unnamed_in_doubt = 0;
    /// Of these the plan does not have at least so many: by Region those that are more than it has
    /// jobs without records.
    std::uint64_t unnamed_dropped_min = 0;
    std::uint64_t begun_anew = 0;
    /// Carried jobs whose last request on record has other parameters than the plan's: done ones
    /// that we have created, and ones that KMS has accepted or may have.
    std::uint64_t changed_done = 0;
    std::uint64_t changed_open = 0;
    /// Of a write that was cut short at the end of the journal: left out by a replan.
    std::uint64_t torn_bytes = 0;
    std::vector<DroppedJob> dropped_in_doubt_named;  ///< at most kDroppedJobsNamedMax

    /// Jobs of the plan that begin without records: new ones, and those that were not begun.
    [[nodiscard]] std::uint64_t not_begun() const noexcept { return jobs - carried; }
};

/// Which job of a plan each job of a journal is. Feed it the journal's records, then finish().
/// Takes four bytes a job, and a look at the plan for each job that has records.
class PlanComparison {
  public:
    /// `replay` is of the whole journal; both must outlive this.
    PlanComparison(const planner::Plan& plan, const JournalReplay& replay);

    /// Returns an empty string, or why the record cannot be.
    std::string take(const JournalRecord& record);

    /// After the last record.
    PlanDifference finish();

    [[nodiscard]] JobFate fate(planner::JobIndex job_before) const;
    /// The job of the plan that is the same; only for one that is carried.
    [[nodiscard]] planner::JobIndex job(planner::JobIndex job_before) const;

  private:
    [[nodiscard]] std::optional<planner::JobIndex> find(std::string_view key,
                                                        std::string_view region) const;
    std::string meet(const JournalJobRecord& record);
    void tally(planner::JobIndex job_before, PlanDifference& difference) const;
    void tally_region(planner::JobIndex job_before, PlanDifference& difference) const;

    const planner::Plan& plan_;
    const JournalReplay& replay_;
    std::vector<planner::JobIndex>
        places_;                    ///< by job of the journal: of the plan, or one of two marks
    std::vector<bool> is_changed_;  ///< its last request differs from the plan's
    std::vector<bool> is_taken_;    ///< by job of the plan
    std::vector<DroppedJob> named_;
};

/// Compares the journal in `from` with `plan`. `name` stands in problems.
[[nodiscard]] JournalResult<PlanDifference> compare_with_plan(io::AppendFile& from,
                                                              const planner::Plan& plan,
                                                              const std::string& name);

}  // namespace keyferry::engine
