#include "engine/executor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <utility>

namespace keyferry {

namespace asio = boost::asio;

namespace {

/// For a job whose intent was journalled when the run was told to stop: without this it would be in
/// doubt, and a rerun would look for its replica before it sends.
JobDecision not_sent_after_all() {
    JobEnd end(JournalEvent::deferred);
    end.code = "NotSent";
    end.message = "the run was stopped before the request left";
    return JobDecision{std::move(end)};
}

SchedulerSettings scheduler_settings(const Plan& plan) {
    SchedulerSettings settings;
    settings.in_flight_max = plan.settings.limits.in_flight_max;
    return settings;
}

JobArns arns_of(const Plan& plan, const Job& job) {
    return JobArns{plan.keys[job.key].primary.text(), replica_arn(plan, job).text()};
}

}  // namespace

Executor::Executor(const Plan& plan,
                   KmsClient& client,
                   Clock& clock,
                   JournalWriter& journal,
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
    assert(replay.phases().size() == plan_.jobs.size());
    const WallTime wall_now = clock_.wall_now();
    for (JobIndex job = 0; job < plan_.jobs.size(); ++job) {
        const JobPhase phase = replay.phase(job);
        const OpenJob* open = replay.open_job(job);
        restored_[job] = resume_as(phase, open, retry_failed);
        if (restored_[job] == ResumeAs::begun) {
            assert(open != nullptr);
            begun_.emplace(job, resumed_job(*open, wall_now, plan_.settings.wait));
        }
    }
    const PhaseCounts& counts = replay.counts();
    progress_.created = counts.of(Attribution::created);
    progress_.created_reconciled = counts.of(Attribution::created_reconciled);
    progress_.existed = counts.of(Attribution::existed);
    if (!retry_failed) {
        progress_.failed = counts.of(JobPhase::failed);
        progress_.conflicts = counts.of(JobPhase::conflict);
    }
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

/// Jobs that an earlier process left in doubt come first: one cheap look each, and what they find
/// may save a call.
void Executor::fill_scheduler() {
    const Moment now = clock_.now();
    for (JobIndex job = 0; job < restored_.size(); ++job) {
        if (restored_[job] == ResumeAs::begun) {
            const LaneIndex lane = lanes_.lane_of(JobCall::describe_replica, plan_.jobs[job]);
            scheduler_.enqueue(lane, waiting_call(plan_, job), now, now);
        }
    }
    backlog_.emplace(
        plan_, lanes_, [this](JobIndex job) { return restored_[job] == ResumeAs::fresh; });
    backlog_->add_to(scheduler_);
}

/// Starts all that may leave now, then sets the timer for what may leave later.
void Executor::pump() {
    while (!stopping_) {
        const std::optional<StartedCall> started = scheduler_.start_next(clock_.now());
        if (!started) {
            set_timer();
            return;
        }
        start(*started);
    }
}

void Executor::set_timer() {
    const std::optional<Moment> wake = scheduler_.wake_at();
    if (!wake || (timer_at_ && *timer_at_ <= *wake)) {
        return;
    }
    // A timer that was set for later still goes off; it finds nothing to do and costs nothing.
    timer_at_ = *wake;
    const std::weak_ptr<const char> alive = alive_;
    clock_.sleep_until(*wake, [this, alive, at = *wake](boost::system::error_code error) {
        if (error || alive.expired()) {
            return;
        }
        if (timer_at_ == at) {
            timer_at_.reset();
        }
        pump();
    });
}

void Executor::start(StartedCall started) {
    ++progress_.calls;
    asio::co_spawn(executor_, perform(started), [this, started](std::exception_ptr error) {
        call_over(started, std::move(error));
    });
}

asio::awaitable<void> Executor::perform(StartedCall started) {
    std::optional<JobDecision> decision;
    if (lanes_.call_in(started.lane) == JobCall::replicate) {
        decision = co_await replicate(started);
    } else {
        decision = co_await describe(started);
    }
    if (decision) {
        apply(started, *std::move(decision));
    }
}

/// Nothing when the request was not sent because the journal has failed.
asio::awaitable<std::optional<JobDecision>> Executor::replicate(StartedCall started) {
    const JobIndex index = started.call.id;
    const Job& job = plan_.jobs[index];
    JobState& state = begun_[index];  // stays where it is: the map is node-based
    ReplicateKeyRequest request = replicate_request(plan_, job);

    JobEntry sent = entry_for(JournalEvent::sent, index);
    sent.attempt = state.attempts_before + state.replicate_attempts + 1;
    sent.request_digest = request_digest(request);
    const bool is_first = !state.last_sent;
    state.last_sent = clock_.wall_now();
    if (is_first) {
        // The one barrier: after a crash, a job without a `sent` was never asked for.
        const bool durable = co_await journal_.write_durably(sent);
        if (!durable) {
            co_return std::nullopt;
        }
        if (stopping_) {
            co_return not_sent_after_all();
        }
    } else {
        journal_.write(sent);
    }

    const CallOutcome<ReplicateKeyResult> outcome =
        co_await client_.replicate_key(primary_place(plan_, job), std::move(request));
    const JobArns arns = arns_of(plan_, job);
    JobDecision decision = after_replicate(state, outcome, arns, context());
    // A replica that is ready at once is journalled as done, which says more.
    if (decision.now_accepted && std::holds_alternative<NextCall>(decision.next)) {
        JobEntry accepted = entry_for(JournalEvent::accepted, index);
        accepted.attempt = sent.attempt;
        const auto& success = std::get<CallSuccess<ReplicateKeyResult>>(outcome);
        accepted.key_state =
            name_of(success.result.replica_key_metadata.key_state.value_or(KeyState::creating));
        accepted.creation_date_s = state.creation_date_s;
        accepted.request_id = success.request_id;
        journal_.write(accepted);
    }
    co_return decision;
}

asio::awaitable<std::optional<JobDecision>> Executor::describe(StartedCall started) {
    const Job& job = plan_.jobs[started.call.id];
    JobState& state = begun_.at(started.call.id);
    const JobArns arns = arns_of(plan_, job);
    DescribeKeyRequest request(arns.replica);
    const CallOutcome<DescribeKeyResult> outcome =
        co_await client_.describe_key(replica_place(plan_, job), std::move(request));
    co_return after_describe(state, outcome, arns, context());
}

void Executor::apply(const StartedCall& started, JobDecision decision) {
    if (decision.throttled) {
        ++progress_.throttled;
        scheduler_.throttled(started, clock_.now());
    } else {
        scheduler_.answered(started, clock_.now());
    }
    if (const auto* next = std::get_if<NextCall>(&decision.next)) {
        go_on(started.call.id, *next);
        return;
    }
    const JobEnd& end = std::get<JobEnd>(decision.next);
    if (decision.stops_run) {
        if (!std::exchange(refused_, true)) {
            refusal_ = end.code + ": " + end.message;
        }
        stop();
    }
    end_job(started.call.id, end);
}

void Executor::go_on(JobIndex job, const NextCall& next) {
    const Moment now = clock_.now();
    const LaneIndex lane = lanes_.lane_of(next.call, plan_.jobs[job]);
    scheduler_.enqueue(lane, waiting_call(plan_, job), now, now + next.delay);
}

void Executor::end_job(JobIndex job, const JobEnd& end) {
    JobEntry entry = entry_for(end.outcome, job);
    entry.attribution = end.attribution;
    entry.key_state = end.key_state;
    entry.creation_date_s = end.creation_date_s;
    entry.code = end.code;
    entry.message = end.message;
    entry.request_id = end.request_id;
    journal_.write(entry);
    begun_.erase(job);
    count(end);
}

void Executor::count(const JobEnd& end) {
    switch (end.outcome) {
        case JournalEvent::done:
            assert(end.attribution);
            switch (*end.attribution) {
                case Attribution::created:
                    ++progress_.created;
                    return;
                case Attribution::created_reconciled:
                    ++progress_.created_reconciled;
                    return;
                case Attribution::existed:
                    ++progress_.existed;
                    return;
            }
            return;
        case JournalEvent::failed:
            ++progress_.failed;
            return;
        case JournalEvent::conflict:
            ++progress_.conflicts;
            return;
        case JournalEvent::unknown:
            ++progress_.unknown;
            return;
        case JournalEvent::deferred:
            ++progress_.deferred;
            return;
        case JournalEvent::open:
        case JournalEvent::run:
        case JournalEvent::sent:
        case JournalEvent::accepted:
        case JournalEvent::end:
            break;
    }
    assert(!"not the end of a job");
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
    if (is_over() && when_over_) {
        auto handler = *std::move(when_over_);
        when_over_.reset();
        std::move(handler)();
    }
}

bool Executor::is_over() const {
    const bool idle = scheduler_.in_flight() == 0;
    return idle && (stopping_ || scheduler_.waiting() == 0);
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

JobEntry Executor::entry_for(JournalEvent event, JobIndex job) const {
    const Job& planned = plan_.jobs[job];
    return JobEntry(event, job, plan_.keys[planned.key].primary, plan_.regions[planned.region]);
}

StepContext Executor::context() {
    constexpr double kTwoToMinus53 = 0x1p-53;
    return StepContext{clock_.now(),
                       static_cast<double>(random_() >> 11U) * kTwoToMinus53,
                       &plan_.settings.retry,
                       &plan_.settings.wait};
}

}  // namespace keyferry
