#include "engine/executor.hpp"

#include "engine/job_entries.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace keyferry {

namespace asio = boost::asio;

namespace {

/// Calls are started so long before they may leave, for their intents to be durable by then: a call
/// that the disk delays would come too close to the next one of its quota.
constexpr std::chrono::milliseconds kLead{10};

/// A call that the disk has delayed for longer waits for another turn: after a disk that stood
/// still for seconds, all the calls of those seconds would leave at once.
constexpr std::chrono::milliseconds kLatenessMax{100};

/// Jobs behind a gate that was given up end so many at a time: each is a record for the journal,
/// and there may be millions.
constexpr int kAbandonedAtATime = 1000;

SchedulerSettings scheduler_settings(const Plan& plan) {
    SchedulerSettings settings;
    settings.in_flight_max = plan.settings.limits.in_flight_max;
    return settings;
}

}  // namespace

Executor::Executor(const Plan& plan,
                   KmsClient& client,
                   Clock& clock,
                   JobJournal& journal,
                   asio::any_io_executor executor,
                   std::uint64_t seed)
    : plan_(plan),
      client_(client),
      clock_(clock),
      journal_(journal),
      executor_(std::move(executor)),
      random_(seed),
      scheduler_(scheduler_settings(plan)),
      lanes_(plan, scheduler_, clock.now()),
      feedback_(lanes_, scheduler_, plan.settings.wait),
      restored_(plan.jobs.size(), ResumeAs::fresh) {
    progress_.jobs = plan.jobs.size();
    // Nothing may leave that the journal cannot hold.
    journal_.on_failure([this](const JournalFailure&) { stop(); });
}

Executor::~Executor() {
    journal_.on_failure(nullptr);
}

void Executor::restore(const JournalReplay& replay, bool retry_failed) {
    assert(!started_);
    ResumedJobs resumed = resumed_jobs(plan_, replay, retry_failed, clock_.wall_now());
    restored_ = std::move(resumed.resume_as);
    begun_ = std::move(resumed.begun);
    progress_ = resumed.progress;
}

asio::awaitable<RunEnd> Executor::run() {
    assert(!started_);
    started_ = true;
    fill_scheduler();
    pump();
    if (!is_over()) {
        co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(
            [this](auto handler) { when_over_.emplace(std::move(handler)); }, asio::use_awaitable);
    }
    if (error_) {
        std::rethrow_exception(error_);
    }
    const RunEnd end = how_it_ended();
    journal_.write_end(end == RunEnd::finished  ? "finished"
                       : end == RunEnd::refused ? "refused"
                                                : "stopped");
    const bool durable = co_await journal_.flush();
    co_return durable ? end : RunEnd::journal_failed;
}

void Executor::stop() {
    if (std::exchange(stopping_, true) || !started_) {
        return;
    }
    const std::weak_ptr<const char> alive = alive_;
    asio::post(executor_, [this, alive] {
        if (!alive.expired()) {
            complete_if_over();
        }
    });
}

Progress Executor::progress() const {
    Progress progress = progress_;
    progress.begun = begun_.size();
    for (const auto& [job, state] : begun_) {
        const bool unseen = state.in_doubt && !state.creation_date_s;
        progress.in_doubt += unseen ? 1 : 0;
    }
    progress.in_flight = static_cast<std::size_t>(scheduler_.in_flight());
    progress.drain_time = scheduler_.drain_time(clock_.now());
    return progress;
}

/// Jobs that an earlier process left come first: a cheap look at each replica that KMS has
/// accepted, one at each primary for all its jobs in doubt. What they find may save a call.
void Executor::fill_scheduler() {
    const Moment now = clock_.now();
    for (JobIndex job = 0; job < restored_.size(); ++job) {
        if (restored_[job] != ResumeAs::begun) {
            continue;
        }
        const Job& planned = plan_.jobs[job];
        if (begun_.at(job).accepted) {
            const LaneIndex lane = lanes_.lane_of(JobCall::describe_replica, planned);
            scheduler_.enqueue(lane, waiting_call(plan_, job), now, now);
        } else if (doubted_.add(planned.key, job)) {
            const LaneIndex lane = lanes_.lane_of(JobCall::describe_primary, planned);
            scheduler_.enqueue(lane, waiting_call(plan_, job), now, now);
        }
    }
    backlog_.emplace(
        plan_, lanes_, [this](JobIndex job) { return restored_[job] == ResumeAs::fresh; });
    backlog_->add_to(scheduler_);
}

/// Starts all that may leave now or very soon, then sets the timer for what may leave later.
void Executor::pump() {
    while (!stopping_) {
        scheduled_until_ = std::max(scheduled_until_, clock_.now());
        while (const std::optional<StartedCall> started = scheduler_.start_next(scheduled_until_)) {
            start(*started);
        }
        end_abandoned();  // of lanes that start_next has found to be cut off
        const std::optional<Moment> wake = scheduler_.wake_at();
        if (!wake) {
            return;
        }
        if (*wake > clock_.now() + kLead) {
            set_timer(*wake - kLead);
            return;
        }
        scheduled_until_ = std::max(scheduled_until_, *wake);
    }
}

void Executor::set_timer(Moment wake) {
    if (timer_at_ && *timer_at_ <= wake) {
        return;
    }
    // A timer that was set for later still goes off; it finds nothing to do and costs nothing.
    timer_at_ = wake;
    const std::weak_ptr<const char> alive = alive_;
    clock_.sleep_until(wake, [this, alive, at = wake](boost::system::error_code error) {
        if (error || alive.expired()) {
            return;
        }
        if (timer_at_ == at) {
            timer_at_.reset();
        }
        pump();
        complete_if_over();  // what was left may have been given up
    });
}

void Executor::start(StartedCall started) {
    ++progress_.calls;
    asio::co_spawn(executor_, perform(started), [this, started](std::exception_ptr error) {
        call_over(started, std::move(error));
    });
}

/// False when the call must not leave: the run was stopped, or its turn is long over.
asio::awaitable<bool> Executor::wait_to_leave(StartedCall started) {
    if (clock_.now() < started.at) {
        co_await clock_.sleep_until(started.at, asio::use_awaitable);
    }
    const Moment now = clock_.now();
    if (stopping_ || now > started.at + kLatenessMax) {
        co_return false;
    }
    if (now > started.at) {
        scheduler_.left_late(started, now);
    }
    co_return true;
}

/// What did not leave goes back to wait for another turn. In a run that was stopped it stays as the
/// journal has it.
void Executor::leave_unsent(const StartedCall& started) {
    if (!stopping_) {
        const Moment now = clock_.now();
        scheduler_.enqueue(started.lane, started.call, now, now);
    }
}

/// The same for a call whose job has sent nothing before: in a run that was stopped, a rerun need
/// not look for its replica.
void Executor::end_unsent(const StartedCall& started) {
    if (stopping_) {
        end_job(started.call.id, not_sent_after_all());
    } else {
        leave_unsent(started);
    }
}

asio::awaitable<void> Executor::perform(StartedCall started) {
    std::optional<Heard> heard;
    switch (lanes_.call_in(started.lane)) {
        case JobCall::replicate:
            heard = co_await replicate(started);
            break;
        case JobCall::describe_replica:
            heard = co_await describe_replica(started);
            break;
        case JobCall::describe_primary:
            co_await describe_primary(started);
            break;
    }
    if (heard) {
        apply(started, *std::move(heard));
    }
}

/// Nothing when the request was not sent because the journal has failed.
asio::awaitable<std::optional<Executor::Heard>> Executor::replicate(StartedCall started) {
    const JobIndex index = started.call.id;
    const Job& job = plan_.jobs[index];
    JobState& state = begun_[index];  // stays where it is: the map is node-based
    ReplicateKeyRequest request = replicate_request(plan_, job);

    JobEntry sent = job_entry(plan_, JournalEvent::sent, index);
    sent.attempt = state.attempts_before + state.replicate_attempts + 1;
    sent.request_digest = request_digest(request);
    if (kms_time_.ahead() != std::chrono::milliseconds(0)) {
        sent.kms_clock_ahead = kms_time_.ahead();
    }
    const bool is_first = !state.last_sent;
    state.last_sent = clock_.wall_now();
    if (is_first) {
        // The one barrier: after a crash, a job without a `sent` was never asked for.
        const bool durable = co_await journal_.write_durably(sent);
        if (!durable) {
            co_return std::nullopt;
        }
        const bool may_leave = co_await wait_to_leave(started);
        if (!may_leave) {
            end_unsent(started);
            co_return std::nullopt;
        }
    } else {
        const bool may_leave = co_await wait_to_leave(started);
        if (!may_leave) {
            leave_unsent(started);
            co_return std::nullopt;
        }
        journal_.write(sent);
    }

    const WallTime asked = clock_.wall_now();
    const CallOutcome<ReplicateKeyResult> outcome =
        co_await client_.replicate_key(primary_place(plan_, job), std::move(request));
    note_date(outcome, asked);
    const JobArns arns = job_arns(plan_, job);
    JobDecision decision = after_replicate(state, outcome, arns, context(started));
    // A replica that is ready at once is journalled as done, which says more.
    if (decision.now_accepted && std::holds_alternative<NextCall>(decision.next)) {
        const auto& success = std::get<CallSuccess<ReplicateKeyResult>>(outcome);
        const JobEntry accepted = accepted_entry(plan_, index, sent.attempt, success);
        journal_.write(accepted);
    }
    Answer answer = answer_of(outcome, decision);
    co_return Heard(std::move(decision), std::move(answer));
}

asio::awaitable<std::optional<CallOutcome<DescribeKeyResult>>> Executor::describe(
    StartedCall started, Place place, std::string key) {
    const bool may_leave = co_await wait_to_leave(started);
    if (!may_leave) {
        leave_unsent(started);
        co_return std::nullopt;
    }
    DescribeKeyRequest request(std::move(key));
    const WallTime asked = clock_.wall_now();
    CallOutcome<DescribeKeyResult> outcome =
        co_await client_.describe_key(std::move(place), std::move(request));
    note_date(outcome, asked);
    co_return outcome;
}

asio::awaitable<std::optional<Executor::Heard>> Executor::describe_replica(StartedCall started) {
    const Job& job = plan_.jobs[started.call.id];
    JobState& state = begun_.at(started.call.id);
    const JobArns arns = job_arns(plan_, job);
    const auto outcome = co_await describe(started, replica_place(plan_, job), arns.replica);
    if (!outcome) {
        co_return std::nullopt;
    }
    JobDecision decision = after_describe(state, *outcome, arns, context(started));
    Answer answer = answer_of(*outcome, decision);
    co_return Heard(std::move(decision), std::move(answer));
}

asio::awaitable<void> Executor::describe_primary(StartedCall started) {
    const Job& job = plan_.jobs[started.call.id];
    const auto outcome =
        co_await describe(started, primary_place(plan_, job), plan_.keys[job.key].primary.text());
    if (outcome) {
        apply_to_key(started, *outcome);
    }
}

/// The answer to a look at a primary, for all its jobs in doubt. A failed look says nothing of any
/// of them: the first one's patience is that of all.
void Executor::apply_to_key(const StartedCall& started,
                            const CallOutcome<DescribeKeyResult>& outcome) {
    const std::uint32_t key = plan_.jobs[started.call.id].key;
    const bool has_failed = std::holds_alternative<CallFailure>(outcome);
    const auto decide = [&](JobIndex job) {
        const JobArns arns = job_arns(plan_, plan_.jobs[job]);
        return after_describe_primary(begun_.at(job), outcome, arns, context(started));
    };
    const std::vector<JobIndex> jobs = doubted_.take(key);
    const JobDecision first = decide(jobs.front());
    progress_.throttled += first.trouble == Trouble::throttled ? 1 : 0;
    const bool is_postponed = feedback_.heard(started, answer_of(outcome, first), clock_.now());
    if (const auto* end = std::get_if<JobEnd>(&first.next)) {
        refuse_all(*end);
        end_job(jobs.front(), *end);
        return;  // the others stay as the journal has them
    }
    for (const JobIndex job : jobs) {
        const JobDecision decision = job == jobs.front() || has_failed ? first : decide(job);
        const NextCall& next = std::get<NextCall>(decision.next);
        if (next.call != JobCall::describe_primary || doubted_.add(key, job)) {
            go_on(job, next, is_postponed);
        }
    }
}

void Executor::apply(const StartedCall& started, Heard heard) {
    JobDecision& decision = heard.decision;
    progress_.throttled += decision.trouble == Trouble::throttled ? 1 : 0;
    const bool is_denied = decision.trouble == Trouble::denied;
    if (is_denied) {
        note_denied(started, heard.answer);
    }
    const bool is_postponed = feedback_.heard(started, heard.answer, clock_.now());
    if (const auto* next = std::get_if<NextCall>(&decision.next)) {
        // A probe that was refused goes behind the keys that have not been tried.
        go_on(started.call.id, *next, is_postponed || is_denied);
    } else if (JobEnd& end = std::get<JobEnd>(decision.next);
               is_denied && end.outcome == JournalEvent::failed && !heard.answer.is_about_key) {
        denied_.add(DeniedJob{lanes_.gates_of(started.lane).permission.value(),
                              LaneCall{started.call, started.lane},
                              std::move(end)});
    } else {
        if (decision.stops_run) {
            refuse_all(end);
        }
        end_job(started.call.id, end);
    }
    settle_denied(started, heard.answer);
}

void Executor::note_denied(const StartedCall& started, Answer& answer) {
    JobState& state = begun_.at(started.call.id);
    const std::optional<Moment> others_at = feedback_.let_through_at(started.lane);
    answer.is_about_key = state.denied_at && others_at && *others_at > *state.denied_at;
    state.denied_at = clock_.now();
}

void Executor::refuse_all(const JobEnd& end) {
    if (!std::exchange(refused_, true)) {
        refusal_ = end.code + ": " + end.message;
    }
    stop();
}

void Executor::go_on(JobIndex job, const NextCall& next, bool is_postponed) {
    const Moment now = clock_.now();
    const LaneIndex lane = lanes_.lane_of(next.call, plan_.jobs[job]);
    const WaitingCall call = waiting_call(plan_, job);
    if (is_postponed) {
        scheduler_.postpone(lane, call, now, now + plan_.settings.retry.delay_max);
    } else {
        scheduler_.enqueue(lane, call, now, now + next.delay);
    }
}

/// Where one key after the other is refused, the lane is parked, and its jobs go back to wait,
/// behind the keys that have not been tried. Where others are let through, it is the key: that job
/// has failed.
void Executor::settle_denied(const StartedCall& started, const Answer& answer) {
    if (denied_.empty() || lanes_.call_in(started.lane) != JobCall::replicate) {
        return;
    }
    const bool is_parked = feedback_.permission_state(started.lane) != Breaker::State::closed;
    if (!is_parked && !answer.let_through) {
        return;
    }
    const std::uint32_t gate = lanes_.gates_of(started.lane).permission.value();
    for (const DeniedJob& job : denied_.take(gate)) {
        if (is_parked) {
            const Moment now = clock_.now();
            scheduler_.postpone(job.call.lane, job.call.call, now, now);
        } else {
            end_job(job.call.call.id, job.end);
        }
    }
}

/// Nothing else is left that could tell: their keys are refused. After a stop that is not so, and a
/// rerun asks again.
void Executor::end_denied() {
    if (stopping_) {
        return;
    }
    for (const DeniedJob& job : denied_.take_all()) {
        end_job(job.call.call.id, job.end);
    }
}

void Executor::end_abandoned() {
    for (int ended = 0; ended < kAbandonedAtATime; ++ended) {
        const std::optional<LaneCall> call = scheduler_.take_abandoned();
        if (!call) {
            return;
        }
        end_behind_gate_of(*call);
    }
    set_timer(clock_.now());
}

void Executor::end_behind_gate_of(const LaneCall& call) {
    const GateNews news = feedback_.abandoned(call.lane);
    const bool is_about_key = lanes_.call_in(call.lane) == JobCall::describe_primary;
    const std::vector<JobIndex> jobs = is_about_key ? doubted_.take(plan_.jobs[call.call.id].key)
                                                    : std::vector<JobIndex>{call.call.id};
    for (const JobIndex job : jobs) {
        const auto begun = begun_.find(job);
        const JobState* state = begun == begun_.end() ? nullptr : &begun->second;
        end_job(job,
                end_behind_gate(
                    state,
                    news.reason,
                    fmt::format(
                        "given up for this run after {} refusals: {}", news.refusals, news.said)));
    }
}

void Executor::end_job(JobIndex job, const JobEnd& end) {
    journal_.write(end_entry(plan_, job, end));
    begun_.erase(job);
    feedback_.forget(job);
    progress_.count(end);
}

void Executor::call_over(const StartedCall& started, std::exception_ptr error) {
    scheduler_.finished(started, clock_.now());
    if (error && !error_) {
        error_ = std::move(error);
        stopping_ = true;
    }
    pump();
    complete_if_over();
}

void Executor::complete_if_over() {
    if (!is_over()) {
        return;
    }
    end_denied();
    if (when_over_) {
        auto handler = *std::move(when_over_);
        when_over_.reset();
        std::move(handler)();
    }
}

bool Executor::is_over() const {
    return scheduler_.in_flight() == 0 && (stopping_ || scheduler_.waiting() == 0);
}

RunEnd Executor::how_it_ended() const {
    if (journal_.failure()) {
        return RunEnd::journal_failed;
    }
    if (refused_) {
        return RunEnd::refused;
    }
    return progress_.over() == progress_.jobs ? RunEnd::finished : RunEnd::stopped;
}

StepContext Executor::context(const StartedCall& started) {
    constexpr double kTwoToMinus53 = 0x1p-53;
    return StepContext{clock_.now(),
                       static_cast<double>(random_() >> 11U) * kTwoToMinus53,
                       &plan_.settings.retry,
                       &plan_.settings.wait,
                       started.is_probe,
                       kms_time_.ahead()};
}

}  // namespace keyferry
