// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"
#include "engine/journal/read/open_jobs.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// The last recorded state of a job.
enum class JobPhase : std::uint8_t {
    untouched,  ///< no record
    /// a ReplicateKey may have been sent, no response recorded: check with KMS before resending
    sent,
    accepted,  ///< KMS has created the replica; not yet confirmed usable
    done,      ///< final
    failed,    ///< permanently refused in the run that recorded it
    conflict,  ///< an unusable or unrelated key is in the way
    unknown,   ///< ended with an unknown outcome: check with KMS before resending
    deferred,  ///< still to be done, with no unknown outcome
    unusable,  ///< the replica exists, but its state does not allow to use it: look again
    blocked,   ///< the plan did not allow it in the run that recorded it; nothing was sent
};
inline constexpr std::size_t kJobPhases = 10;
inline constexpr std::size_t kAttributions = 3;

/// "not started", "sent", ...
[[nodiscard]] std::string_view name_of(JobPhase phase) noexcept;

/// Number of jobs by phase.
struct PhaseCounts {
    std::array<std::uint64_t, kJobPhases> by_phase{};           ///< index: JobPhase
    std::array<std::uint64_t, kAttributions> by_attribution{};  ///< of the done; index: Attribution

    [[nodiscard]] std::uint64_t of(JobPhase phase) const noexcept {
        return by_phase[static_cast<std::size_t>(phase)];
    }
    [[nodiscard]] std::uint64_t of(Attribution attribution) const noexcept {
        return by_attribution[static_cast<std::size_t>(attribution)];
    }
};

/// One job of a StuckGroup with KMS's error details. Texts are as in the records, unescaped.
struct StuckExample {
    planner::JobIndex job = 0;
    std::string key;
    std::string region;
    std::string message;
    std::string request_id;
    /// when KMS gave the reason; the time of the record if it does not say
    io::WallTime time{};
};

/// All jobs in the same phase (failed, conflict, unknown, deferred, unusable, blocked) for the same
/// reason.
struct StuckGroup {
    JobPhase phase = JobPhase::failed;
    /// The KMS error code, or the key state if unusable; empty if the record has none.
    std::string code;
    std::uint64_t jobs = 0;
    std::vector<std::uint64_t> jobs_by_region;  ///< index as in JournalReplay::regions
    /// up to kStuckExamplesMax jobs that are still in the group
    std::vector<StuckExample> examples;
};
inline constexpr std::size_t kStuckExamplesMax = 5;

/// One process that worked on the journal.
struct ReplayedRun {
    JournalRun process;
    io::WallTime started{};
    io::WallTime last_record{};  ///< of its `end`, or of the last record it wrote
    std::string end;  ///< "finished", "refused", "stopped"; empty if it was killed or is running
    /// Why it ended with jobs still open, if there was a common reason: as in RunEndEntry.
    std::string end_code;
    std::string end_message;
    std::optional<io::WallTime> end_reason_time;
    std::vector<ThrottleCount> throttles;  ///< by operation and Region
    std::uint64_t throttles_other = 0;     ///< of further operations and Regions
};
/// Maximum number of runs that are kept individually.
inline constexpr std::size_t kReplayedRunsMax = 100;

/// The aggregate of a journal's records: the state to resume from and to report on. A plain fold:
/// the same records give the same state, and applying a job's last record twice changes nothing.
///
/// Uses three bytes per job, and 33 more for each open job (OpenJobs): 30 MB for ten million jobs
/// that are done.
class JournalReplay {
  public:
    struct Region {
        std::string name;
        std::uint64_t planned = 0;  ///< jobs, from the header; 0 if it does not list the Region
        PhaseCounts counts;         ///< without `untouched`
    };

    /// Applies the next record. Returns an empty string, or why the record is impossible (a job
    /// outside the plan, or in a different Region than before); the state is then unusable.
    std::string apply(const JournalRecord& record);

    [[nodiscard]] const JournalHeader& header() const noexcept { return header_; }
    [[nodiscard]] JobPhase phase(planner::JobIndex job) const { return phases_.at(job); }
    /// One entry for each job of the plan.
    [[nodiscard]] const std::vector<JobPhase>& phases() const noexcept { return phases_; }
    /// Attribution of a `done` job; Attribution::created if its record has none. Nullopt for
    /// others.
    [[nodiscard]] std::optional<Attribution> attribution(planner::JobIndex job) const;
    /// The error code of a stuck job; empty for other jobs, or if there was no code.
    [[nodiscard]] std::string_view code(planner::JobIndex job) const;
    /// The name of the replica's Region; empty for an untouched job.
    [[nodiscard]] std::string_view region_of(planner::JobIndex job) const;
    /// The details of a `sent`, `accepted`, `unknown` or `unusable` job, and of a `deferred` one
    /// that KMS had accepted. If records are missing, also of an `untouched` job, whose outcome is
    /// then unknown. Nullopt for others.
    [[nodiscard]] std::optional<OpenJob> open_job(planner::JobIndex job) const;
    [[nodiscard]] std::size_t open_jobs() const noexcept { return open_.size(); }

    [[nodiscard]] const PhaseCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] const std::vector<Region>& regions() const noexcept { return regions_; }
    [[nodiscard]] const std::vector<StuckGroup>& stuck() const noexcept { return stuck_.groups; }
    /// Jobs that have no outcome, by the reason that their last `pending` record gives: those that
    /// were waiting when a run ended. Phases are `untouched`, `sent` and `accepted`.
    [[nodiscard]] const std::vector<StuckGroup>& pending() const noexcept {
        return pending_.groups;
    }

    /// How the file was rewritten, latest first; at most kReplayedRunsMax entries. Empty if it was
    /// written only by runs.
    [[nodiscard]] const std::vector<JournalRewrite>& rewrites() const noexcept { return rewrites_; }
    /// Missing records: jobs without any record may have been started. Zeros if no record is
    /// missing.
    [[nodiscard]] const JournalLoss& loss() const noexcept { return loss_; }

    /// Oldest first; if there were more than kReplayedRunsMax runs, the last ones.
    [[nodiscard]] const std::vector<ReplayedRun>& runs() const noexcept { return runs_; }
    [[nodiscard]] std::uint64_t runs_total() const noexcept { return runs_total_; }
    /// Total time from start to last record over all runs.
    [[nodiscard]] std::chrono::milliseconds active() const noexcept;
    [[nodiscard]] io::WallTime created() const noexcept { return created_; }
    [[nodiscard]] io::WallTime last_record() const noexcept { return last_record_; }
    /// The last record is an `end`: the last run ended properly.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

  private:
    /// Groups of jobs, with the indices of their codes.
    struct Groups {
        std::vector<StuckGroup> groups;
        std::vector<std::uint8_t> codes;
    };

    std::string apply_header(const JournalHeader& header, io::WallTime time);
    void apply_run(const JournalRun& run, io::WallTime time);
    [[nodiscard]] std::string apply_before(const JournalBefore& before) const;
    void apply_rewrite(const JournalRewrite& rewrite);
    void apply_loss(const JournalLoss& loss, io::WallTime time);
    std::string apply_job(const JournalJobRecord& record, io::WallTime time);
    std::optional<std::uint8_t> region_index(planner::JobIndex job, std::string_view name);
    std::uint8_t code_index(std::string_view escaped_code);
    void apply_access(const JournalAccess& access);
    void apply_end(const JournalEnd& end, io::WallTime time);
    void apply_pending(const JournalJobRecord& record, io::WallTime time);
    StuckGroup& group_of(Groups& groups, JobPhase phase, std::uint8_t code);
    StuckGroup& enter_group(Groups& groups,
                            planner::JobIndex job,
                            JobPhase phase,
                            std::uint8_t code);
    void add_to_group(Groups& groups,
                      const JournalJobRecord& record,
                      std::string_view code,
                      io::WallTime time);
    void leave_group(Groups& groups, planner::JobIndex job);
    void leave_phase(planner::JobIndex job, Region& region);
    void enter_phase(const JournalJobRecord& record,
                     JobPhase phase,
                     Region& region,
                     io::WallTime time);
    void update_open_job(const JournalJobRecord& record, JobPhase phase, io::WallTime time);

    JournalHeader header_;
    std::vector<JobPhase> phases_;
    std::vector<std::uint8_t> region_of_job_;  ///< index into regions_; kNoRegion if unknown
    /// For a stuck or pending job the index of its code, for a done job its Attribution.
    std::vector<std::uint8_t> reason_of_job_;
    std::vector<bool> is_pending_;  ///< by job: it is in a group of pending_
    OpenJobs open_;

    PhaseCounts counts_;
    std::vector<Region> regions_;
    std::vector<std::string> codes_;  ///< as in the records
    Groups stuck_;
    Groups pending_;

    std::vector<JournalRewrite> rewrites_;
    JournalLoss loss_;
    /// The assumed details of a job that a missing record may have started.
    OpenJob lost_job_;

    std::vector<ReplayedRun> runs_;
    std::uint64_t runs_total_ = 0;
    std::chrono::milliseconds active_of_dropped_runs_{0};
    io::WallTime created_{};
    io::WallTime last_record_{};
    bool ended_ = false;
};

}  // namespace keyferry::engine
