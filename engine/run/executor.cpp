// SPDX-License-Identifier: Apache-2.0
#include "engine/run/executor.hpp"

#include "engine/run/job_entries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::engine {

namespace asio = boost::asio;

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
      random_(seed),
      dispatcher_(plan.settings, clock, executor, *this, std::chrono::milliseconds(0)),
      lanes_(plan, dispatcher_.lanes()),
      resumed_(plan),
      intents_(journal,
               clock,
               executor,
               {.send =
                    [this](Intent intent) {
                        const StartedCall started = intent.started;
                        dispatcher_.spawn(started, perform_intended(std::move(intent)));
                    },
                .drop = [this](const Intent& intent) { dispatcher_.finish(intent.started); },
                .stop = [this] { stop(); },
                .set_lead =
                    [this](std::chrono::milliseconds lead) {
                        dispatcher_.set_lead(lead);
                    }}) {
    progress_ = resumed_.progress();
}

void Executor::restore(const JournalReplay& replay, bool retry_failed) {
    assert(!started_);
    resumed_ = ResumedJobs(plan_, replay, retry_failed);
    progress_ = resumed_.progress();
}

void Executor::use_survey(const planner::PlanReview& review) {
    assert(!started_);
    resumed_.apply_survey(review);
    progress_ = resumed_.progress();
    progress_.unchecked = resumed_.rechecked();
}

/// Records the outcomes of the jobs that the survey ends without a call.
asio::awaitable<void> Executor::record_survey() {
    constexpr std::size_t kRecordsInMemoryMax = 10'000;
    std::size_t records = 0;
    for (planner::JobIndex job = 0; job < plan_.jobs.size() && !journal_.failure(); ++job) {
        const std::optional<JobEnd> end = resumed_.surveyed(job);
        if (!end) {
            continue;
        }
        journal_.write(end_entry(plan_, job, *end));
        progress_.ended.add(end->outcome, end->attribution);
        if (++records % kRecordsInMemoryMax == 0) {
            co_await journal_.flush();
        }
    }
    if (journal_.failure()) {
        stop();
    }
}

asio::awaitable<RunEnd> Executor::run() {
    assert(!started_);
    started_ = true;
    if (journal_.failure()) {
        stop();
    }
    co_await record_survey();
    // Jobs that an earlier process left unfinished are first checked with DescribeKey: these calls
    // are cheap, and a response may make a ReplicateKey call unnecessary.
    backlog_.emplace(
        plan_, lanes_, [this](planner::JobIndex job) { return resumed_.first_call(job); });
    backlog_->add_to(dispatcher_.scheduler());
    // The exception that ended the run. Before it is rethrown, the outcomes of all other calls must
    // be recorded.
    std::exception_ptr thrown;
    try {
        co_await dispatcher_.run();
    } catch (...) {
        thrown = std::current_exception();
    }
    const RunEnd end = how_it_ended();
    end_unsent();
    write_last_reasons();
    journal_.write_end(end_entry_of(end));
    const bool durable = co_await journal_.flush();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    co_return durable ? end : RunEnd::journal_failed;
}

Progress Executor::progress() const {
    Progress progress = progress_;
    progress.begun += begun_.size();
    progress.throttled = dispatcher_.throttled();
    progress.throttles = dispatcher_.throttles_by_quota();
    for (const auto& [job, state] : begun_) {
        if (state.stage == ReplicaStage::unresolved && !state.creation_date_s) {
            ++progress.in_doubt;
        } else if (state.waits_after == FailureClass::throttled) {
            ++progress.waiting_throttled;
        } else if (state.waits_after != FailureClass::none) {
            ++progress.waiting_otherwise;
        }
    }
    progress.in_flight = static_cast<std::size_t>(dispatcher_.in_flight());
    progress.drain_time = dispatcher_.drain_time();
    const std::vector<ScopeNews> parked = dispatcher_.parked_scopes();
    progress.parked = parked.size();
    for (const ScopeNews& scope : parked) {
        const bool is_first = &scope == &parked.front();
        progress.probe_in = is_first ? scope.probe_in : std::min(progress.probe_in, scope.probe_in);
        if (is_first || scope.scope < progress.parked_scope->scope) {
            progress.parked_scope = scope;
        }
    }
    return progress;
}

void Executor::start(const StartedCall& started) {
    begin(started.call);
    set_waits_after(started.call.id, FailureClass::none);
    switch (job_call(started)) {
        case JobCall::replicate:
            if (!dispatcher_.is_prepared(client_, started)) {
                set_waits_after(started.call.id, FailureClass::no_credentials);
                break;
            }
            if (begun_.at(started.call.id).last_sent) {
                dispatcher_.spawn(started, replicate_again(started));
            } else {
                intend(started);
            }
            break;
        case JobCall::describe_replica:
            dispatcher_.spawn(started, describe_replica(started));
            break;
        case JobCall::describe_primary:
            dispatcher_.spawn(started, describe_primary(started));
            break;
    }
}

/// Does nothing if the job has not begun or has already ended.
void Executor::set_waits_after(planner::JobIndex job, FailureClass reason) {
    if (const auto begun = begun_.find(job); begun != begun_.end()) {
        begun->second.waits_after = reason;
    }
}

/// Creates the state of a job, or of all jobs that a call covers, when the first call starts.
void Executor::begin(const WaitingCall& call) {
    if (begun_.contains(call.id)) {
        return;
    }
    const auto kind = static_cast<JobCall>(call.kind);
    if (kind == JobCall::replicate && !resumed_.is_in_progress(call.id)) {
        begun_.emplace(call.id, JobState());
        return;
    }
    const std::vector<planner::JobIndex> jobs = kind == JobCall::describe_primary
                                                    ? resumed_.unresolved_of_key(call.id)
                                                    : std::vector<planner::JobIndex>{call.id};
    for (const planner::JobIndex job : jobs) {
        begun_.emplace(job, resumed_.state_of(job, clock_.wall_now()));
        --progress_.begun;  // counted with begun_ from now on
        if (kind == JobCall::describe_primary) {
            --progress_.in_doubt;
            unresolved_.add(call.key, job);
        }
    }
}

void Executor::abandon(const LaneCall& call, const ScopeNews& news) {
    const auto kind = static_cast<JobCall>(call.call.kind);
    if (kind != JobCall::replicate || resumed_.is_in_progress(call.call.id)) {
        begin(call.call);
    }
    const std::vector<planner::JobIndex> jobs = kind == JobCall::describe_primary
                                                    ? unresolved_.take(call.call.key)
                                                    : std::vector<planner::JobIndex>{call.call.id};
    for (const planner::JobIndex job : jobs) {
        const auto begun = begun_.find(job);
        const JobState* state = begun == begun_.end() ? nullptr : &begun->second;
        end_job(job,
                end_abandoned(
                    state,
                    news.code,
                    fmt::format(
                        "abandoned for this run after {}: {}", failures_text(news), news.message)));
    }
}

/// Records in the journal that the first ReplicateKey request of a job is about to be sent. The
/// request is sent once the record is durable.
void Executor::intend(const StartedCall& started) {
    const planner::JobIndex index = started.call.id;
    Intent intent(started, planner::replicate_request(plan_, plan_.jobs[index]));
    const JobEntry sent = sent_entry(index, intent.request);
    intent.attempt = sent.attempt;
    intents_.hold(sent, std::move(intent));
}

void Executor::schedule_next(planner::JobIndex job, const NextCall& next, bool is_postponed) {
    const LaneIndex lane = lanes_.lane_of(next.call, plan_.jobs[job]);
    const WaitingCall call = waiting_call(plan_, job, next.call);
    if (is_postponed) {
        dispatcher_.postpone(lane, call, plan_.settings.retry.delay_max);
    } else {
        dispatcher_.enqueue(lane, call, next.delay);
    }
}

/// Ends the check of a job that is done according to the journal. Returns false if the outcome must
/// be recorded. If the replica could not be checked, the `done` record in the journal remains
/// valid.
bool Executor::end_recheck(planner::JobIndex job, const JobEnd& end) {
    const bool is_unchecked = end.outcome == JobPhase::unknown || end.outcome == JobPhase::deferred;
    if (is_unchecked) {
        why_unchecked_ = fmt::format("{}: {}", end.code, end.message);
    } else {
        --progress_.unchecked;
    }
    if (!is_unchecked && end.outcome != JobPhase::done) {
        return false;
    }
    progress_.ended.add(JobPhase::done, begun_.at(job).attribution);
    return true;
}

void Executor::end_job(planner::JobIndex job, const JobEnd& end) {
    if (resumed_.is_rechecked(job) && end_recheck(job, end)) {
        begun_.erase(job);
        reasons_.erase(job);
        dispatcher_.forget(job);
        return;
    }
    journal_.write(end_entry(plan_, job, end));
    const auto begun = begun_.find(job);
    if (end.attribution == Attribution::created_reconciled && begun != begun_.end() &&
        begun->second.sent_at) {
        dispatcher_.record_late_effect(lanes_.lane_of(JobCall::replicate, plan_.jobs[job]),
                                       *begun->second.sent_at);
    }
    begun_.erase(job);
    reasons_.erase(job);
    dispatcher_.forget(job);
    progress_.ended.add(end.outcome, end.attribution);
}

/// After a stop, ends the jobs in progress whose requests cannot have created a replica, and
/// records the last reason why each was waiting. Without this record, the journal would only show
/// that a request was about to be sent. The outcome would then be unknown, and a rerun would check
/// for the replica before sending the request.
void Executor::end_unsent() {
    if (journal_.failure()) {
        return;
    }
    std::vector<planner::JobIndex> unsent;
    for (const auto& [job, state] : begun_) {
        if (!state.may_exist()) {
            unsent.push_back(job);
        }
    }
    std::sort(unsent.begin(), unsent.end());  // so that the same seed results in the same records
    for (const planner::JobIndex job : unsent) {
        end_job(job, end_stopped(job));
    }
}

/// Returns how a job in progress ends when the run stops. Not every job has an entry in reasons_.
JobEnd Executor::end_stopped(planner::JobIndex job) const {
    JobEnd end(JobPhase::deferred);
    const auto reason = reasons_.find(job);
    const std::shared_ptr<const io::CallFailure>& last_failure = begun_.at(job).last_failure;
    if (reason != reasons_.end()) {
        end.code = reason->second.code;
        end.message = reason->second.message;
    } else if (last_failure) {
        const CallFeedback feedback = feedback_of(last_failure.get(), FailureClass::none, true);
        end.code = feedback.code;
        end.message = feedback.message;
    } else {
        end.code = "NotSent";
        end.message = "the run was stopped before the request was sent";
    }
    return end;
}

/// Records why the jobs that are still open are waiting.
void Executor::write_last_reasons() {
    if (journal_.failure()) {
        return;
    }
    for (const auto& [job, reason] : reasons_) {
        JobEntry entry = job_entry(plan_, JournalEvent::pending, job);
        entry.code = reason.code;
        entry.message = reason.message;
        entry.reason_time = reason.at;
        journal_.write(entry);
    }
}

RunEndEntry Executor::end_entry_of(RunEnd end) const {
    RunEndEntry entry(end == RunEnd::finished  ? "finished"
                      : end == RunEnd::refused ? "refused"
                                               : "stopped");
    if (const std::optional<ScopeNews>& refused = dispatcher_.refused_account()) {
        entry.code = refused->code;
        entry.message = refused->message;
        entry.reason_time = clock_.wall_now();
    }
    entry.throttles = throttle_counts(dispatcher_.throttles_by_quota());
    return entry;
}

RunEnd Executor::how_it_ended() const {
    if (journal_.failure()) {
        return RunEnd::journal_failed;
    }
    if (dispatcher_.refused_account()) {
        return RunEnd::refused;
    }
    return progress_.ended.jobs() == progress_.jobs ? RunEnd::finished : RunEnd::stopped;
}

}  // namespace keyferry::engine
