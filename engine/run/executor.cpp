// SPDX-License-Identifier: Apache-2.0
#include "engine/run/executor.hpp"

#include "engine/run/job_entries.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace keyferry::engine {

namespace asio = boost::asio;

namespace {

/// How long before it may be sent a call is started, so that its intent is durable by then. A call
/// that the disk delays would be sent too close to the next one of its quota.
constexpr std::chrono::milliseconds kLead{10};

/// Maximum number of jobs behind an abandoned gate that end at a time: each writes a record to the
/// journal, and there may be millions.
constexpr int kAbandonedAtATime = 1000;

SchedulerSettings scheduler_settings(const planner::Plan& plan) {
    SchedulerSettings settings;
    settings.in_flight_max = plan.settings.limits.in_flight_max;
    return settings;
}

}  // namespace

Executor::Executor(const planner::Plan& plan,
                   io::KmsClient& client,
                   io::Clock& clock,
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
      restored_(plan.jobs.size(), ResumeAs::not_started) {
    progress_.jobs = plan.jobs.size();
    // No request may be sent that the journal cannot record.
    journal_.on_failure([this](const JournalFailure&) {
        stop();
        drop_intended();
    });
    journal_.on_durable([this] { begin_intended(); });
}

Executor::~Executor() {
    journal_.on_failure(nullptr);
    journal_.on_durable(nullptr);
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
    stopping_ = stopping_ || journal_.failure().has_value();
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

/// Jobs that an earlier process left unfinished come first: one cheap DescribeKey call per replica
/// that KMS has accepted, and one per primary for all its unresolved jobs. The responses may save a
/// ReplicateKey call.
void Executor::fill_scheduler() {
    const io::Moment now = clock_.now();
    for (planner::JobIndex job = 0; job < restored_.size(); ++job) {
        if (restored_[job] != ResumeAs::in_progress) {
            continue;
        }
        const planner::Job& planned = plan_.jobs[job];
        if (begun_.at(job).accepted) {
            const LaneIndex lane = lanes_.lane_of(JobCall::describe_replica, planned);
            scheduler_.enqueue(lane, waiting_call(plan_, job), now, now);
        } else if (doubted_.add(planned.key, job)) {
            const LaneIndex lane = lanes_.lane_of(JobCall::describe_primary, planned);
            scheduler_.enqueue(lane, waiting_call(plan_, job), now, now);
        }
    }
    backlog_.emplace(plan_, lanes_, [this](planner::JobIndex job) {
        return restored_[job] == ResumeAs::not_started;
    });
    backlog_->add_to(scheduler_);
}

/// Starts all calls that may be sent now or within kLead, then sets the timer for the next ones.
void Executor::pump() {
    while (!stopping_) {
        scheduled_until_ = std::max(scheduled_until_, clock_.now());
        while (const std::optional<StartedCall> started = scheduler_.start_next(scheduled_until_)) {
            start(*started);
        }
        end_abandoned();  // of lanes whose gate start_next found to be abandoned
        const std::optional<io::Moment> wake = scheduler_.wake_at();
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

void Executor::set_timer(io::Moment wake) {
    if (timer_at_ && *timer_at_ <= wake) {
        return;
    }
    // A timer already set for later still fires, with nothing to do.
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
        complete_if_over();  // the remaining jobs may have been abandoned
    });
}

void Executor::start(const StartedCall& started) {
    ++progress_.calls;
    const bool is_first =
        lanes_.call_in(started.lane) == JobCall::replicate && !begun_[started.call.id].last_sent;
    if (is_first) {
        intend(started);
    } else {
        spawn(started, perform(started));
    }
}

void Executor::spawn(const StartedCall& started, asio::awaitable<void> call) {
    asio::co_spawn(executor_, std::move(call), [this, started](std::exception_ptr error) {
        call_over(started, std::move(error));
    });
}

/// The only write barrier: after a crash, no request was sent for a job without a `sent` record. A
/// call that waits for the disk is an entry in a queue, not a coroutine, because hundreds wait at a
/// time.
void Executor::intend(const StartedCall& started) {
    const planner::JobIndex index = started.call.id;
    Intent intent(started, planner::replicate_request(plan_, plan_.jobs[index]));
    const JobEntry sent = sent_entry(index, intent.request);
    intent.attempt = sent.attempt;
    intent.durable_end = journal_.write_soon(sent);
    intents_.push_back(std::move(intent));
    begin_intended();
}

void Executor::begin_intended() {
    while (!intents_.empty() && intents_.front().durable_end <= journal_.durable_end()) {
        Intent intent = std::move(intents_.front());
        intents_.pop_front();
        const StartedCall started = intent.started;
        spawn(started, perform_intended(std::move(intent)));
    }
}

/// After the journal has failed: drops the calls whose intents may not be recorded.
void Executor::drop_intended() {
    const std::weak_ptr<const char> alive = alive_;
    asio::post(executor_, [this, alive] {
        if (alive.expired()) {
            return;
        }
        for (const Intent& intent : std::exchange(intents_, {})) {
            call_over(intent.started, nullptr);
        }
    });
}

void Executor::refuse_all(const JobEnd& end) {
    if (!std::exchange(refused_, true)) {
        refusal_ = end.code + ": " + end.message;
    }
    stop();
}

void Executor::schedule_next(planner::JobIndex job, const NextCall& next, bool is_postponed) {
    const io::Moment now = clock_.now();
    const LaneIndex lane = lanes_.lane_of(next.call, plan_.jobs[job]);
    const WaitingCall call = waiting_call(plan_, job);
    if (is_postponed) {
        scheduler_.postpone(lane, call, now, now + plan_.settings.retry.delay_max);
    } else {
        scheduler_.enqueue(lane, call, now, now + next.delay);
    }
}

/// Ends the remaining denied jobs as failed: no other call is left that could show whether only
/// their keys are denied. After a stop this is not known, and a rerun tries them again.
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
    const std::vector<planner::JobIndex> jobs = is_about_key
                                                    ? doubted_.take(plan_.jobs[call.call.id].key)
                                                    : std::vector<planner::JobIndex>{call.call.id};
    for (const planner::JobIndex job : jobs) {
        const auto begun = begun_.find(job);
        const JobState* state = begun == begun_.end() ? nullptr : &begun->second;
        end_job(job,
                end_behind_gate(
                    state,
                    news.reason,
                    fmt::format(
                        "abandoned for this run after {} refusals: {}", news.refusals, news.said)));
    }
}

void Executor::end_job(planner::JobIndex job, const JobEnd& end) {
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

}  // namespace keyferry::engine
