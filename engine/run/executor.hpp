// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/journal/write/job_journal.hpp"
#include "engine/lanes/call_lanes.hpp"
#include "engine/lanes/plan_backlog.hpp"
#include "engine/run/answer_feedback.hpp"
#include "engine/run/denied_jobs.hpp"
#include "engine/run/kms_time.hpp"
#include "engine/run/progress.hpp"
#include "engine/run/resume.hpp"
#include "engine/run/unresolved_jobs.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
#include "planner/plan/plan.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace keyferry::engine {

/// Why a run ended.
enum class RunEnd : std::uint8_t {
    finished,        ///< every job has an outcome
    stopped,         ///< stop() was called; the journal has the state of the other jobs
    refused,         ///< all calls fail until a person fixes credentials, signature or clock
    journal_failed,  ///< the journal could not be written; nothing was sent after that
};

/// Executes a plan. For each call: asks the scheduler which one may be sent, journals the intent,
/// makes the call, lets job_steps decide what follows, and journals the outcome. A waiting job (for
/// a Creating replica or a retry) holds no coroutine, connection or quota token, only an entry in
/// the scheduler's heap.
///
/// Not thread-safe: everything runs on the thread of `executor`. Read this file first.
class Executor {
  public:
    /// All arguments must outlive the executor. `seed` drives the jitter.
    Executor(const planner::Plan& plan,
             io::KmsClient& client,
             io::Clock& clock,
             JobJournal& journal,
             boost::asio::any_io_executor executor,
             std::uint64_t seed);
    ~Executor();
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// Call before run(). Resumes from the journal of earlier runs of the same plan.
    /// `retry_failed` starts failed and conflicting jobs again.
    void restore(const JournalReplay& replay, bool retry_failed);

    /// Runs until every job has an outcome or the run is stopped, writes the `end` record, and
    /// completes when the journal is durable or has failed. May be called once. Rethrows exceptions
    /// from calls.
    boost::asio::awaitable<RunEnd> run();

    /// Call before run(). `tell` is called when a Region is parked, reopened or abandoned.
    void on_gate_news(AnswerFeedback::Tell tell) { feedback_.on_news(std::move(tell)); }

    /// Starts no further call. run() completes after the calls in flight have ended and been
    /// journaled. Waiting jobs keep their state in the journal, for a rerun.
    void stop();

    [[nodiscard]] Progress progress() const;

    /// If the run ended as `refused`: KMS's error code and message.
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

  private:
    /// What a response means for the job, and for the quotas and gates of the call.
    struct Heard {
        Heard(JobDecision decision_, CallFeedback answer_)
            : decision(std::move(decision_)), answer(std::move(answer_)) {}
        JobDecision decision;
        CallFeedback answer;
    };
    /// A call that is sent when the record of its intent is durable.
    struct Intent {
        Intent(const StartedCall& started_, io::ReplicateKeyRequest request_)
            : started(started_), request(std::move(request_)) {}
        StartedCall started;
        io::ReplicateKeyRequest request;
        int attempt = 0;
        std::uint64_t durable_end = 0;  ///< durable when JobJournal::durable_end() reaches this
    };
    void fill_scheduler();
    void pump();
    void set_timer(io::Moment wake);
    void start(const StartedCall& started);
    void spawn(const StartedCall& started, boost::asio::awaitable<void> call);
    JobEntry sent_entry(planner::JobIndex index, const io::ReplicateKeyRequest& request);
    void intend(const StartedCall& started);
    void begin_intended();
    void drop_intended();
    boost::asio::awaitable<bool> wait_to_leave(StartedCall started);
    void leave_unsent(const StartedCall& started);
    void end_unsent(const StartedCall& started);
    boost::asio::awaitable<void> perform(StartedCall started);
    boost::asio::awaitable<void> perform_intended(Intent intent);
    boost::asio::awaitable<void> replicate_again(StartedCall started);
    boost::asio::awaitable<void> replicate(StartedCall started,
                                           io::ReplicateKeyRequest request,
                                           int attempt);
    boost::asio::awaitable<std::optional<io::CallOutcome<io::DescribeKeyResult>>> describe(
        StartedCall started, io::AccountRegion place, std::string key);
    boost::asio::awaitable<std::optional<Heard>> describe_replica(StartedCall started);
    boost::asio::awaitable<void> describe_primary(StartedCall started);
    void apply_to_key(const StartedCall& started,
                      const io::CallOutcome<io::DescribeKeyResult>& outcome);
    void apply(const StartedCall& started, Heard heard);
    void refuse_all(const JobEnd& end);
    void schedule_next(planner::JobIndex job, const NextCall& next, bool is_postponed);
    void note_denied(const StartedCall& started, CallFeedback& answer);
    void settle_denied(const StartedCall& started, const CallFeedback& answer);
    void end_denied();
    void end_abandoned();
    void end_behind_gate_of(const LaneCall& call);
    void end_job(planner::JobIndex job, const JobEnd& end);
    void call_over(const StartedCall& started, std::exception_ptr error);
    void complete_if_over();
    [[nodiscard]] bool is_over() const;
    [[nodiscard]] RunEnd how_it_ended() const;
    StepContext context(const StartedCall& started);

    template <typename Result>
    void note_date(const io::CallOutcome<Result>& outcome, io::WallTime asked) {
        const auto date = std::visit([](const auto& answer) { return answer.date; }, outcome);
        if (date) {
            kms_time_.record_date(*date, asked, clock_.wall_now());
        }
    }

    const planner::Plan& plan_;
    io::KmsClient& client_;
    io::Clock& clock_;
    JobJournal& journal_;
    boost::asio::any_io_executor executor_;
    std::mt19937_64 random_;
    Scheduler scheduler_;
    CallLanes lanes_;
    AnswerFeedback feedback_;
    DeniedJobs denied_;
    std::unordered_map<planner::JobIndex, JobState> begun_;
    std::deque<Intent> intents_;  ///< by durable_end
    UnresolvedJobs doubted_;
    KmsTime kms_time_;
    std::vector<ResumeAs> restored_;  ///< by job
    std::optional<PlanBacklog> backlog_;
    Progress progress_;
    std::optional<io::Moment> timer_at_;
    io::Moment scheduled_until_ =
        io::Moment::min();  ///< calls that may be sent by then are started
    bool started_ = false;
    bool stopping_ = false;
    bool refused_ = false;
    std::string refusal_;
    std::exception_ptr error_;
    /// Optional because assigning to Boost 1.81's any_completion_handler wraps the handler in
    /// itself without end; only constructing and moving it works.
    std::optional<boost::asio::any_completion_handler<void()>> when_over_;
    /// Expires with this object: pending timers may still fire.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace keyferry::engine
