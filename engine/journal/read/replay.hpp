// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/no_send_on_record.hpp"
#include "engine/journal/format/parse.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// How far a job had come when the journal ended.
enum class JobPhase : std::uint8_t {
    untouched,  ///< no record of it
    sent,       ///< a ReplicateKey may have left; no answer is on record: ask KMS before resending
    accepted,   ///< KMS has made the replica; not yet seen usable
    done,       ///< final
    failed,     ///< refused for good by the run that wrote it
    conflict,   ///< something else stands in the way
    unknown,    ///< given up on with the outcome unknown: ask KMS before resending
    deferred,   ///< still to do, and nothing is in doubt
};
inline constexpr std::size_t kJobPhases = 8;
inline constexpr std::size_t kAttributions = 3;

/// "untouched", "sent", ...
[[nodiscard]] std::string_view name_of(JobPhase phase) noexcept;

/// What a rerun must know of a job that is `sent`, `accepted`, `unknown` or `deferred`.
struct OpenJob {
    int attempts = 0;       ///< sends so far, as far as they are on record
    bool accepted = false;  ///< KMS has answered one of them with the replica
    /// As first_sent, of the latest; where it may be lost, when the journal was salvaged.
    io::WallTime last_sent{};
    io::WallTime first_sent =
        kNoSendOnRecord;  ///< when the first of them was recorded, by our clock
    /// How far KMS's clock was ahead of it then; nothing where that was not known.
    std::optional<std::chrono::milliseconds> kms_clock_ahead;
    /// The replica's, where KMS has told it, epoch seconds.
    std::optional<double> creation_date_s;
};

/// How many jobs stand where.
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

/// One job of a StuckGroup, with what KMS said. Texts are as in the records, unescaped.
struct StuckExample {
    planner::JobIndex job = 0;
    std::string key;
    std::string region;
    std::string message;
    std::string request_id;
};

/// All jobs that stand in the same phase (failed, conflict, unknown, deferred) for the same reason.
struct StuckGroup {
    JobPhase phase = JobPhase::failed;
    std::string code;  ///< KMS's error code; empty where the record had none
    std::uint64_t jobs = 0;
    std::vector<std::uint64_t> jobs_by_region;  ///< index as in JournalReplay::regions
    std::vector<StuckExample> examples;         ///< up to kStuckExamplesMax that are still so
};
inline constexpr std::size_t kStuckExamplesMax = 5;

/// One process that worked on the journal.
struct ReplayedRun {
    JournalRun process;
    io::WallTime started{};
    io::WallTime last_record{};  ///< of its `end`, or the last thing it wrote
    std::string end;             ///< "finished", "refused", "stopped"; empty: it was killed or runs
};
/// The last runs that are kept one by one.
inline constexpr std::size_t kReplayedRunsMax = 100;

/// What a journal's records say in sum: the state to resume from and to report on. A plain fold:
/// the same records give the same state, and taking a job's last record twice changes nothing.
///
/// Three bytes a job, and more only for jobs that are open: ten million jobs take 30 MB.
class JournalReplay {
  public:
    struct Region {
        std::string name;
        std::uint64_t planned = 0;  ///< jobs, from the header; 0 if it does not list the Region
        PhaseCounts counts;         ///< without `untouched`
    };

    /// Folds in the next record. Returns an empty string, or why the record cannot be (a job
    /// outside the plan, or in another Region than before); the state is then of no use.
    std::string apply(const JournalRecord& record);

    [[nodiscard]] const JournalHeader& header() const noexcept { return header_; }
    [[nodiscard]] JobPhase phase(planner::JobIndex job) const { return phases_.at(job); }
    /// One for each job of the plan.
    [[nodiscard]] const std::vector<JobPhase>& phases() const noexcept { return phases_; }
    /// How a `done` job came to be done; nothing for others.
    [[nodiscard]] std::optional<Attribution> attribution(planner::JobIndex job) const;
    /// The code that a stuck job was left with; empty for others, or if there was none.
    [[nodiscard]] std::string_view code(planner::JobIndex job) const;
    /// The name of the replica's Region; empty for an untouched job.
    [[nodiscard]] std::string_view region_of(planner::JobIndex job) const;
    /// The details of a `sent`, `accepted` or `unknown` job, and of a `deferred` one that KMS had
    /// accepted. Where records are lost, also of an `untouched` job: nothing is known of it, but it
    /// is in doubt. Null for others.
    [[nodiscard]] const OpenJob* open_job(planner::JobIndex job) const;
    [[nodiscard]] std::size_t open_jobs() const noexcept { return open_.size(); }

    [[nodiscard]] const PhaseCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] const std::vector<Region>& regions() const noexcept { return regions_; }
    [[nodiscard]] const std::vector<StuckGroup>& stuck() const noexcept { return stuck_; }

    /// How the file came to be, the latest first; the last kReplayedRunsMax. Empty for one that was
    /// written by its runs alone.
    [[nodiscard]] const std::vector<JournalRewrite>& rewrites() const noexcept { return rewrites_; }
    /// Records are missing: jobs without any may have been begun. Zeros where none are.
    [[nodiscard]] const JournalLoss& loss() const noexcept { return loss_; }

    /// Oldest first; when there were more than kReplayedRunsMax, the last ones.
    [[nodiscard]] const std::vector<ReplayedRun>& runs() const noexcept { return runs_; }
    [[nodiscard]] std::uint64_t runs_total() const noexcept { return runs_total_; }
    /// Time from start to last record, summed over all runs.
    [[nodiscard]] std::chrono::milliseconds active() const noexcept;
    [[nodiscard]] io::WallTime created() const noexcept { return created_; }
    [[nodiscard]] io::WallTime last_record() const noexcept { return last_record_; }
    /// The last record is an `end`: the last run said that it was over.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

  private:
    std::string apply_header(const JournalHeader& header, io::WallTime time);
    void apply_run(const JournalRun& run, io::WallTime time);
    void apply_rewrite(const JournalRewrite& rewrite);
    void apply_loss(const JournalLoss& loss, io::WallTime time);
    std::string apply_job(const JournalJobRecord& record, io::WallTime time);
    std::optional<std::uint8_t> region_index(planner::JobIndex job, std::string_view name);
    std::uint8_t code_index(std::string_view escaped_code);
    StuckGroup& stuck_group(JobPhase phase, std::uint8_t code);
    void leave_phase(planner::JobIndex job, Region& region);
    void enter_phase(const JournalJobRecord& record, JobPhase phase, Region& region);
    StuckGroup& enter_group(planner::JobIndex job, JobPhase phase, std::uint8_t code);
    void update_open_job(const JournalJobRecord& record, JobPhase phase, io::WallTime time);

    JournalHeader header_;
    std::vector<JobPhase> phases_;
    std::vector<std::uint8_t> region_of_job_;  ///< index into regions_; kNoRegion: not seen yet
    /// Of a stuck job the index of its code, of a done one its Attribution.
    std::vector<std::uint8_t> reason_of_job_;
    boost::unordered_flat_map<planner::JobIndex, OpenJob> open_;

    PhaseCounts counts_;
    std::vector<Region> regions_;
    std::vector<std::string> codes_;  ///< as in the records
    std::vector<StuckGroup> stuck_;
    std::vector<std::uint8_t> stuck_codes_;  ///< beside stuck_: the index of its code

    std::vector<JournalRewrite> rewrites_;
    JournalLoss loss_;
    /// What is known of a job that may have been begun by a record that is missing.
    OpenJob lost_job_;

    std::vector<ReplayedRun> runs_;
    std::uint64_t runs_total_ = 0;
    std::chrono::milliseconds active_of_dropped_runs_{0};
    io::WallTime created_{};
    io::WallTime last_record_{};
    bool ended_ = false;
};

}  // namespace keyferry::engine
