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

/// What happens to a job in a journal when the journal is carried over to another plan. Two jobs
/// are the same if they have the same primary ARN and replica Region.
enum class JobFate : std::uint8_t {
    no_records,    ///< the job has no records, so its key and Region are unknown
    carried,       ///< the job is also in the plan
    dropped,       ///< the job is not in the plan
    started_over,  ///< the job is in the plan, but it failed and its request has changed since
};

/// A job with an unknown outcome that is not in the plan: its replica may exist.
struct DroppedJob {
    std::string key;  ///< ARN of the primary
    std::string region;
};
inline constexpr std::size_t kDroppedJobsNamedMax = 20;

/// The difference between a plan and the plan that a journal was written for, derived from the
/// journal's records. The journal does not contain the keys and Regions of jobs without records.
struct PlanDifference {
    struct Region {
        std::string name;
        std::uint64_t jobs_before = 0;  ///< number of jobs in the journal's plan
        std::uint64_t jobs = 0;         ///< number of jobs in the plan
        std::uint64_t carried = 0;
        std::uint64_t dropped = 0;
        std::uint64_t started_over = 0;
    };
    std::vector<Region> regions;  ///< the Regions of both plans, sorted by name

    std::uint64_t jobs_before = 0;
    std::uint64_t jobs = 0;
    std::uint64_t carried = 0;
    std::uint64_t carried_done = 0;
    std::uint64_t dropped = 0;
    std::uint64_t dropped_done = 0;
    std::uint64_t dropped_in_doubt = 0;
    /// If records are missing: the number of jobs in the journal's plan that have no record. Their
    /// requests may have been sent. Since no record names these jobs, it is unknown whether the new
    /// plan contains them.
    std::uint64_t unnamed_in_doubt = 0;
    /// The minimum number of these jobs that are not in the new plan. It is computed for each
    /// Region: if the journal's plan has more jobs without records in a Region than the new plan,
    /// the surplus is counted.
    std::uint64_t unnamed_dropped_min = 0;
    std::uint64_t started_over = 0;
    /// Carried jobs whose last recorded request differs from the plan's request. `changed_done`
    /// counts done jobs whose replicas this program created; `changed_open` counts open jobs whose
    /// requests KMS accepted or may have accepted.
    std::uint64_t changed_done = 0;
    std::uint64_t changed_open = 0;
    /// The size of an interrupted write at the end of the journal, which a replan leaves out.
    std::uint64_t torn_bytes = 0;
    std::vector<DroppedJob> dropped_in_doubt_named;  ///< at most kDroppedJobsNamedMax

    /// The number of jobs in the plan that have no records yet: new jobs, and jobs that were never
    /// started.
    [[nodiscard]] std::uint64_t not_begun() const noexcept { return jobs - carried; }
};

/// Maps the jobs of a journal to those of a plan. Call take() with all records of the journal, and
/// then finish(). Needs four bytes per job, and one lookup in the plan for each job with records.
class PlanComparison {
  public:
    /// `replay` must cover the whole journal. Both arguments must outlive this object.
    PlanComparison(const planner::Plan& plan, const JournalReplay& replay);

    /// Returns an empty string, or the reason why the record is impossible.
    std::string take(const JournalRecord& record);

    /// Call after the last record.
    PlanDifference finish();

    [[nodiscard]] JobFate fate(planner::JobIndex job_before) const;
    /// Returns the job in the plan that corresponds to a carried job of the journal.
    [[nodiscard]] planner::JobIndex job(planner::JobIndex job_before) const;

  private:
    [[nodiscard]] std::optional<planner::JobIndex> find(std::string_view key,
                                                        std::string_view region) const;
    std::string meet(const JournalJobRecord& record);
    void tally(planner::JobIndex job_before, PlanDifference& difference) const;
    void tally_region(planner::JobIndex job_before, PlanDifference& difference) const;

    const planner::Plan& plan_;
    const JournalReplay& replay_;
    std::vector<planner::JobIndex> places_;  ///< by job of the journal: the corresponding job of
                                             ///< the plan, or one of two special values
    std::vector<bool> is_changed_;           ///< its last request differs from the plan's
    std::vector<bool> is_taken_;             ///< indexed by job of the plan
    std::vector<DroppedJob> named_;
};

/// Compares the journal in `from` with `plan`. `name` is used in the text of problems.
[[nodiscard]] JournalResult<PlanDifference> compare_with_plan(io::AppendFile& from,
                                                              const planner::Plan& plan,
                                                              const std::string& name);

}  // namespace keyferry::engine
