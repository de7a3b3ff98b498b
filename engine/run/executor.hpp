// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/call_dispatcher.hpp"
#include "engine/job/job_steps.hpp"
#include "engine/journal/write/job_journal.hpp"
#include "engine/journal/write/write_barrier.hpp"
#include "engine/lanes/call_lanes.hpp"
#include "engine/lanes/plan_backlog.hpp"
#include "engine/run/kms_time.hpp"
#include "engine/run/progress.hpp"
#include "engine/run/resume.hpp"
#include "engine/run/unresolved_jobs.hpp"
#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
#include "planner/plan/plan.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

namespace keyferry::engine {

/// Why a run ended.
enum class RunEnd : std::uint8_t {
    finished,  ///< every job has an outcome
    stopped,   ///< stop() was called; the journal contains the state of all jobs without an outcome
    refused,   ///< all calls fail until the user fixes the credentials, the signature or the clock
    journal_failed,  ///< the journal could not be written; no request was sent after the failure
};

/// Executes a plan. For each call that the dispatcher starts, the executor records in the journal
/// that the call is about to be sent, makes the call, uses job_steps to decide what to do next, and
/// records the outcome. A job that is waiting for a Creating replica or for a retry has no
/// coroutine, connection or quota token, but only an entry in the scheduler's heap.
///
/// All functions must be called on the thread of `executor`.
class Executor : private CallDispatcher::User {
  public:
    /// All arguments must outlive the executor. `seed` determines the jitter.
    Executor(const planner::Plan& plan,
             io::KmsClient& client,
             io::Clock& clock,
             JobJournal& journal,
             boost::asio::any_io_executor executor,
             std::uint64_t seed);
    ~Executor() override = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// Resumes from the journal of earlier runs of the same plan. Call this before run(). `replay`
    /// must outlive the executor. If `retry_failed` is set, failed and conflicting jobs are started
    /// again.
    void restore(const JournalReplay& replay, bool retry_failed);

    /// Applies the results of this run's survey: jobs whose replicas exist are recorded as done,
    /// blocked jobs are recorded as blocked, and done jobs whose replicas the survey does not list
    /// are checked, and restarted if the replicas no longer exist. `review` covers every job and
    /// must outlive the executor. Call this after restore() and before run().
    void use_survey(const planner::PlanReview& review);

    /// Runs until every job has an outcome or the run is stopped, and then writes the `end` record.
    /// Completes when the journal is durable or has failed. Then rethrows any exception thrown by a
    /// call. May be called only once.
    boost::asio::awaitable<RunEnd> run();

    /// See CallDispatcher::share_quota_use. Call this before run().
    void share_quota_use(QuotaUse& use) noexcept { dispatcher_.share_quota_use(use); }

    /// Sets the callback that is called when a scope is parked, resumed or abandoned. Call this
    /// before run().
    void on_scope_news(FlowControl::OnNews on_news) {
        dispatcher_.on_scope_news(std::move(on_news));
    }

    /// From now on, starts no more calls. run() completes when all calls in flight have ended and
    /// their outcomes have been recorded. The journal keeps the state of waiting jobs for a rerun.
    void stop() { dispatcher_.stop(); }

    /// Whether no more calls will be started.
    [[nodiscard]] bool is_ending() const noexcept {
        return dispatcher_.is_stopping() || progress_.ended.jobs() == progress_.jobs;
    }

    [[nodiscard]] Progress progress() const;

    /// KMS's error code and message if the run ended as `refused`.
    [[nodiscard]] std::string refusal() const { return dispatcher_.refusal(); }

    /// The error code and message of the last failed check of a done job's replica (see
    /// Progress::unchecked); empty if no check has failed.
    [[nodiscard]] const std::string& why_unchecked() const noexcept { return why_unchecked_; }

  private:
    /// A call that will be sent once its `sent` record is durable.
    struct Intent {
        Intent(const StartedCall& started_, io::ReplicateKeyRequest request_)
            : started(started_), request(std::move(request_)) {}
        StartedCall started;
        io::ReplicateKeyRequest request;
        int attempt = 0;
    };

    /// Why a job in progress has not ended yet: the last failure for which its call is being
    /// retried.
    struct Reason {
        std::string code;
        std::string message;
        io::WallTime at;
    };

    void start(const StartedCall& started) override;
    void abandon(const LaneCall& call, const ScopeNews& news) override;

    void begin(const WaitingCall& call);
    void set_waits_after(planner::JobIndex job, FailureClass reason);
    JobEntry sent_entry(planner::JobIndex index, const io::ReplicateKeyRequest& request);
    void intend(const StartedCall& started);
    boost::asio::awaitable<void> perform_intended(Intent intent);
    boost::asio::awaitable<void> replicate_again(StartedCall started);
    int record_resend(planner::JobIndex job, const io::ReplicateKeyRequest& request);
    boost::asio::awaitable<void> replicate(StartedCall started,
                                           io::ReplicateKeyRequest request,
                                           int attempt);
    boost::asio::awaitable<std::optional<io::CallOutcome<io::DescribeKeyResult>>> describe(
        StartedCall started, io::AccountRegion place, std::string key);
    boost::asio::awaitable<void> describe_replica(StartedCall started);
    boost::asio::awaitable<void> describe_primary(StartedCall started);
    void apply(const StartedCall& started,
               const JobDecision& decision,
               const io::CallFailure* failure);
    [[nodiscard]] bool has_no_request(planner::JobIndex job, const NextCall& next) const;
    void apply_to_key(const StartedCall& started,
                      const io::CallOutcome<io::DescribeKeyResult>& outcome);
    bool record_missing(planner::JobIndex job);
    bool record(const StartedCall& started,
                const JobDecision& decision,
                const io::CallFailure* failure);
    void schedule_next(planner::JobIndex job, const NextCall& next, bool is_postponed);
    boost::asio::awaitable<void> record_survey();
    void end_job(planner::JobIndex job, const JobEnd& end);
    bool end_recheck(planner::JobIndex job, const JobEnd& end);
    [[nodiscard]] RunEnd how_it_ended() const;
    void end_unsent();
    [[nodiscard]] JobEnd end_stopped(planner::JobIndex job) const;
    void write_last_reasons();
    [[nodiscard]] RunEndEntry end_entry_of(RunEnd end) const;
    StepContext context(const StartedCall& started);

    template <typename Result>
    void record_date(const io::CallOutcome<Result>& outcome, const ClockReading& sent) {
        const auto date = std::visit([](const auto& answer) { return answer.date; }, outcome);
        if (date) {
            kms_time_.record_date(*date, sent, ClockReading(clock_));
        }
    }

    const planner::Plan& plan_;
    io::KmsClient& client_;
    io::Clock& clock_;
    JobJournal& journal_;
    std::mt19937_64 random_;
    CallDispatcher dispatcher_;
    CallLanes lanes_;
    ResumedJobs resumed_;
    std::optional<PlanBacklog> backlog_;
    std::unordered_map<planner::JobIndex, JobState> begun_;
    UnresolvedJobs unresolved_;
    KmsTime kms_time_;
    std::unordered_map<planner::JobIndex, Reason> reasons_;
    Progress progress_;
    std::string why_unchecked_;
    bool started_ = false;
    WriteBarrier<Intent> intents_;
};

}  // namespace keyferry::engine
