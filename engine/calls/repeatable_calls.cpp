// SPDX-License-Identifier: Apache-2.0
#include "engine/calls/repeatable_calls.hpp"

#include "engine/retry/backoff.hpp"

#include <algorithm>
#include <cassert>

namespace keyferry::engine {

namespace asio = boost::asio;

namespace {

/// When fewer calls than this are queued for a place, its source is asked for more. This is enough
/// to keep every quota busy. If there are many places, fewer calls are queued for each, because all
/// queued calls are held in memory.
constexpr std::uint64_t kWaitingLow = 1000;
constexpr std::uint64_t kWaitingLowOfAll = 100'000;

/// If a policy may name a new principal, the backoff of every retry is computed with this retry
/// number. By default, it is up to 8 s.
constexpr int kPolicyRetry = 3;

}  // namespace

/// A call, from the time it is queued until it ends.
struct RepeatableCalls::Asked {
    Asked() = default;
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    virtual ~Asked() = default;

    /// Makes one attempt. A success is stored for finish().
    virtual asio::awaitable<std::optional<io::CallFailure>> attempt(io::KmsClient& client,
                                                                    io::AccountRegion place) = 0;
    /// Passes `failure`, or the stored result if it is null, to the caller.
    virtual void finish(const FinalFailure* failure) = 0;

    Source* source = nullptr;  ///< the source of the call's place, if there is one
    int attempts = 0;
    int throttles = 0;
    std::optional<io::Moment> failing_since;         ///< the first failure that is retried
    std::optional<io::Moment> policy_refused_since;  ///< when the first MalformedPolicyDocument was
                                                     ///< returned
    std::optional<io::Moment> waiting_since;         ///< when the call began to wait for a key
                                                     ///< that is Creating or Updating
    bool may_be_made = false;          ///< whether the call is a write and one of its attempts may
                                       ///< have taken effect
    std::optional<std::uint64_t> tag;  ///< set for a recorded call
    bool is_recorded = false;          ///< or is being recorded
    bool is_retried_refusal = false;   ///< see RetriedRefusal
    std::string last_code;             ///< code of the last failure that is retried
    std::string last_message;
};

template <typename Request>
struct RepeatableCalls::TypedCall final : Asked {
    using Result = typename RepeatableCall<Request>::Result;

    TypedCall(Request request_, Done<Result> done_)
        : request(std::move(request_)), done(std::move(done_)) {}

    asio::awaitable<std::optional<io::CallFailure>> attempt(io::KmsClient& client,
                                                            io::AccountRegion place) override {
        io::CallOutcome<Result> outcome =
            co_await (client.*RepeatableCall<Request>::kOperation)(std::move(place), request);
        if (auto* failure = std::get_if<io::CallFailure>(&outcome)) {
            co_return std::optional<io::CallFailure>(std::move(*failure));
        }
        result.emplace(std::move(std::get<io::CallSuccess<Result>>(outcome).result));
        co_return std::optional<io::CallFailure>();
    }

    void finish(const FinalFailure* failure) override {
        if (failure != nullptr) {
            done(FinalOutcome<Result>(*failure));
        } else {
            done(FinalOutcome<Result>(*std::move(result)));
        }
    }

    Request request;
    Done<Result> done;
    std::optional<Result> result;
};

RepeatableCalls::RepeatableCalls(planner::RunSettings settings,
                                 io::KmsClient& client,
                                 io::Clock& clock,
                                 asio::any_io_executor executor,
                                 std::uint64_t seed,
                                 std::optional<std::chrono::milliseconds> park_max)
    : settings_(std::move(settings)),
      client_(client),
      clock_(clock),
      park_max_(park_max.value_or(settings_.wait.park_timeout)),
      random_(seed),
      dispatcher_(
          settings_, clock, std::move(executor), *this, std::chrono::milliseconds(0), park_max) {}

RepeatableCalls::~RepeatableCalls() = default;

template <typename Request>
void RepeatableCalls::ask(io::AccountRegion place,
                          Request request,
                          Done<typename RepeatableCall<Request>::Result> done) {
    add(std::move(place),
        RepeatableCall<Request>::kApi,
        std::make_unique<TypedCall<Request>>(std::move(request), std::move(done)));
}

template <typename Request>
void RepeatableCalls::ask_recorded(io::AccountRegion place,
                                   Request request,
                                   std::uint64_t tag,
                                   Done<typename RepeatableCall<Request>::Result> done) {
    assert(recorder_ != nullptr);
    auto call = std::make_unique<TypedCall<Request>>(std::move(request), std::move(done));
    call->tag = tag;
    add(std::move(place), RepeatableCall<Request>::kApi, std::move(call));
}

template void RepeatableCalls::ask(io::AccountRegion,
                                   io::DescribeKeyRequest,
                                   Done<io::DescribeKeyResult>);
template void RepeatableCalls::ask(io::AccountRegion,
                                   io::ListKeysRequest,
                                   Done<io::ListKeysResult>);
template void RepeatableCalls::ask(io::AccountRegion,
                                   io::ListAliasesRequest,
                                   Done<io::ListAliasesResult>);
template void RepeatableCalls::ask(io::AccountRegion,
                                   io::ListResourceTagsRequest,
                                   Done<io::ListResourceTagsResult>);
template void RepeatableCalls::ask(io::AccountRegion,
                                   io::GetKeyPolicyRequest,
                                   Done<io::GetKeyPolicyResult>);
template void RepeatableCalls::ask_recorded(io::AccountRegion,
                                            io::PutKeyPolicyRequest,
                                            std::uint64_t,
                                            Done<io::EmptyResult>);
template void RepeatableCalls::ask_recorded(io::AccountRegion,
                                            io::TagResourceRequest,
                                            std::uint64_t,
                                            Done<io::EmptyResult>);
template void RepeatableCalls::ask_recorded(io::AccountRegion,
                                            io::UntagResourceRequest,
                                            std::uint64_t,
                                            Done<io::EmptyResult>);
template void RepeatableCalls::ask_recorded(io::AccountRegion,
                                            io::UpdateKeyDescriptionRequest,
                                            std::uint64_t,
                                            Done<io::EmptyResult>);
template void RepeatableCalls::ask_recorded(io::AccountRegion,
                                            io::EnableKeyRequest,
                                            std::uint64_t,
                                            Done<io::EmptyResult>);
template void RepeatableCalls::ask_recorded(io::AccountRegion,
                                            io::DisableKeyRequest,
                                            std::uint64_t,
                                            Done<io::EmptyResult>);
template void RepeatableCalls::ask_recorded(io::AccountRegion,
                                            io::CreateAliasRequest,
                                            std::uint64_t,
                                            Done<io::EmptyResult>);
template void RepeatableCalls::ask_recorded(io::AccountRegion,
                                            io::DeleteAliasRequest,
                                            std::uint64_t,
                                            Done<io::EmptyResult>);

void RepeatableCalls::record_with(CallRecorder& recorder) {
    recorder_ = &recorder;
}

void RepeatableCalls::send(const StartedCall& started) {
    dispatcher_.spawn(started, perform(started));
}

void RepeatableCalls::drop(const StartedCall& started) {
    assert(dispatcher_.is_stopping());
    asked_.at(started.call.id)->is_recorded = false;
    dispatcher_.finish(started);
}

void RepeatableCalls::add(io::AccountRegion place, io::KmsApi api, std::unique_ptr<Asked> call) {
    const LaneIndex lane = dispatcher_.lanes().lane(place, api);
    call->source = source_of(place);
    if (call->source != nullptr) {
        ++call->source->waiting;
    }
    WaitingCall waiting{};
    if (free_slots_.empty()) {
        waiting.id = static_cast<std::uint32_t>(asked_.size());
        asked_.push_back(std::move(call));
    } else {
        waiting.id = free_slots_.back();
        free_slots_.pop_back();
        asked_[waiting.id] = std::move(call);
    }
    ++waiting_;
    dispatcher_.enqueue(lane, waiting);
}

void RepeatableCalls::add_source(const io::AccountRegion& place, std::function<bool()> more) {
    const auto [source, is_new] = sources_.try_emplace(place);
    assert(is_new);
    source->second.more = std::move(more);
    due_sources_.push_back(&source->second);
}

void RepeatableCalls::wake(const io::AccountRegion& place) {
    if (Source* source = source_of(place)) {
        make_due(*source);
    }
}

RepeatableCalls::Source* RepeatableCalls::source_of(const io::AccountRegion& place) {
    const auto found = sources_.find(place);
    return found == sources_.end() ? nullptr : &found->second;
}

void RepeatableCalls::make_due(Source& source) {
    if (!std::exchange(source.is_due, true)) {
        due_sources_.push_back(&source);
    }
}

void RepeatableCalls::refill() {
    const std::uint64_t low = std::clamp<std::uint64_t>(
        kWaitingLowOfAll / std::max<std::size_t>(1, sources_.size()), 1, kWaitingLow);
    while (!due_sources_.empty()) {
        Source& source = *due_sources_.back();
        if (source.waiting < low && source.more()) {
            continue;
        }
        // Called again when one of its calls has ended, or by wake().
        source.is_due = false;
        due_sources_.erase(std::find(due_sources_.begin(), due_sources_.end(), &source));
    }
}

asio::awaitable<void> RepeatableCalls::run() {
    co_await dispatcher_.run();
    if (dispatcher_.is_stopping()) {
        fail_unresolved_calls();
    }
    due_sources_.clear();
    sources_.clear();
}

/// After a stop, reports two kinds of writes as failed, so that their callers do not assume that
/// nothing was sent: writes that are waiting for a retry and may have taken effect, and writes that
/// were recorded but not sent.
void RepeatableCalls::fail_unresolved_calls() {
    for (std::uint32_t slot = 0; slot < asked_.size(); ++slot) {
        if (asked_[slot] == nullptr || !(asked_[slot]->may_be_made || asked_[slot]->is_recorded)) {
            continue;
        }
        const Asked& call = *asked_[slot];
        FinalFailure failure;
        failure.code = call.last_code;
        failure.message = call.may_be_made            ? "stopped before a response was received"
                          : call.last_message.empty() ? "stopped before the call was sent"
                                                      : call.last_message;
        failure.may_be_made = call.may_be_made;
        finish(slot, &failure);
    }
}

void RepeatableCalls::start(const StartedCall& started) {
    Asked& call = *asked_.at(started.call.id);
    if (!call.tag || call.is_recorded) {
        dispatcher_.spawn(started, perform(started));
    } else if (dispatcher_.is_prepared(client_, started)) {
        call.is_recorded = true;
        recorder_->record_sent(*call.tag, started);
    }
}

void RepeatableCalls::abandon(const LaneCall& call, const ScopeNews& news) {
    FinalFailure failure;
    failure.code = news.code;
    failure.message = "no more calls were sent after " + failures_text(news) + ": " + news.message;
    failure.may_be_made = asked_.at(call.call.id)->may_be_made;
    if (news.reason == FailureClass::bad_credentials) {
        failure.lookup = planner::LookupStatus::no_credentials;
    }
    finish(call.call.id, &failure);
}

asio::awaitable<void> RepeatableCalls::perform(StartedCall started) {
    if (recorder_ != nullptr) {  // otherwise there is no lead
        const bool may_leave = co_await dispatcher_.wait_to_leave(started);
        if (!may_leave) {
            co_return;
        }
    }
    Asked& call = *asked_.at(started.call.id);
    if (call.tag && recorder_->is_stalled()) {
        dispatcher_.requeue_stalled(started);
        co_return;
    }
    calls_.add(started.lane);
    io::AccountRegion place = dispatcher_.lanes().place_of(started.lane);
    const std::optional<io::CallFailure> failure = co_await call.attempt(client_, std::move(place));
    on_outcome(started, failure);
}

void RepeatableCalls::on_outcome(const StartedCall& started,
                                 const std::optional<io::CallFailure>& failure) {
    const std::uint32_t slot = started.call.id;
    if (!failure) {
        dispatcher_.record(started, feedback_of(nullptr, FailureClass::none, false));
        finish(slot, nullptr);
        return;
    }
    Asked& call = *asked_.at(slot);
    // After these failures, a run would check for the replica before it resends the request,
    // because the request may have taken effect. Every write is a recorded call.
    call.may_be_made |=
        call.tag && disposition_of(io::KmsApi::replicate_key, *failure) == Disposition::reconcile;
    const Disposition disposition =
        disposition_of(dispatcher_.lanes().api_of(started.lane), *failure);
    const FailureClass failure_class = failure_class_of(disposition, *failure);
    const std::optional<std::chrono::milliseconds> delay =
        started.is_probe && failure_class != FailureClass::none
            ? std::chrono::milliseconds(0)  // the probe shows nothing about the call
            : retry_delay(started, disposition, *failure);
    const bool is_postponed = dispatcher_.record(
        started,
        feedback_of(&*failure, failure_class, delay && failure_class != FailureClass::none));
    if (delay && call.tag) {
        call.last_code = failure->wire_code;
        call.last_message = failure->message;
    }
    if (delay && is_postponed) {
        dispatcher_.postpone(started.lane, started.call, settings_.retry.delay_max);
    } else if (delay) {
        dispatcher_.enqueue(started.lane, started.call, *delay);
    } else {
        FinalFailure result;
        result.code = failure->wire_code;
        result.message = failure->message;
        result.may_be_made = call.may_be_made;
        // limit_exceeded means that the key has too many tags or aliases; other calls with
        // disposition `retry` received no response. A key that has been Creating or Updating for
        // too long may be ready by the next attempt.
        result.is_refused =
            failure->code == io::KmsErrorCode::limit_exceeded ||
            (disposition != Disposition::retry && disposition != Disposition::reconcile &&
             disposition != Disposition::end_account && disposition != Disposition::wait_for_state);
        if (disposition == Disposition::absent) {
            result.lookup = planner::LookupStatus::absent;
        } else if (failure->code == io::KmsErrorCode::access_denied) {
            result.lookup = planner::LookupStatus::denied;
        } else if (disposition == Disposition::end_account) {
            result.lookup = planner::LookupStatus::no_credentials;
        }
        finish(slot, &result);
    }
}

/// The minimum time before a call fails, regardless of the number of attempts. It is longer for
/// writes, except those that KMS rejected, for example because of too many tags, since this does
/// not indicate an outage.
std::chrono::milliseconds RepeatableCalls::failing_min(const Asked& call,
                                                       const io::CallFailure& failure) const {
    const bool is_outage = call.tag && failure.certainty != io::Certainty::refused;
    return std::min<std::chrono::milliseconds>(park_max_,
                                               is_outage ? kWriteFailingMin : kReadFailingMin);
}

/// Returns the delay before the next attempt; nullopt if the call has failed.
std::optional<std::chrono::milliseconds> RepeatableCalls::retry_delay(
    const StartedCall& started, Disposition disposition, const io::CallFailure& failure) {
    Asked& call = *asked_.at(started.call.id);
    const double random01 = std::uniform_real_distribution<double>(0, 1)(random_);
    const auto backoff = [&](std::chrono::milliseconds base, int retry) {
        const BackoffRange range{base, settings_.retry.delay_max};
        return backoff_delay(range, retry, random01, failure.retry_after);
    };
    switch (disposition) {
        case Disposition::retry_throttled:
        case Disposition::retry_limit:
            return backoff(settings_.retry.throttle_delay_base, call.throttles++);
        case Disposition::retry:
        case Disposition::reconcile:
            if (!call.failing_since) {
                call.failing_since = clock_.now();
            }
            if (++call.attempts >= settings_.retry.attempts_max &&
                clock_.now() - *call.failing_since >= failing_min(call, failure)) {
                return std::nullopt;
            }
            return backoff(settings_.retry.transient_delay_base, call.attempts - 1);
        case Disposition::retry_policy:
            note_retried_refusal(started, failure, settings_.retry.malformed_policy_max);
            return delay_within(call.policy_refused_since,
                                settings_.retry.malformed_policy_max,
                                backoff(settings_.retry.throttle_delay_base, kPolicyRetry));
        case Disposition::wait_for_state:
            note_retried_refusal(started, failure, settings_.wait.ready_timeout);
            return delay_within(
                call.waiting_since, settings_.wait.ready_timeout, settings_.wait.poll_delay_max);
        case Disposition::end_account:
        case Disposition::absent:
        case Disposition::fail:
        case Disposition::adopt:
            break;
    }
    return std::nullopt;
}

void RepeatableCalls::note_retried_refusal(const StartedCall& started,
                                           const io::CallFailure& failure,
                                           std::chrono::milliseconds retried_for_max) {
    if (std::exchange(asked_.at(started.call.id)->is_retried_refusal, true)) {
        return;
    }
    ++retried_refusals_;
    if (on_retried_refusal_ && retried_for_max.count() > 0) {
        RetriedRefusal refusal(dispatcher_.lanes().place_of(started.lane));
        refusal.api = dispatcher_.lanes().api_of(started.lane);
        refusal.code = failure.wire_code;
        refusal.message = failure.message;
        refusal.retried_for_max = retried_for_max;
        on_retried_refusal_(refusal);
    }
}

/// Returns `delay` until `lasting_max` has passed since this function was first called with
/// `since`, and nullopt after that.
std::optional<std::chrono::milliseconds> RepeatableCalls::delay_within(
    std::optional<io::Moment>& since,
    std::chrono::milliseconds lasting_max,
    std::chrono::milliseconds delay) const {
    if (!since) {
        since = clock_.now();
    }
    return clock_.now() - *since < lasting_max ? std::optional(delay) : std::nullopt;
}

void RepeatableCalls::finish(std::uint32_t slot, const FinalFailure* failure) {
    const std::unique_ptr<Asked> call = std::move(asked_.at(slot));
    free_slots_.push_back(slot);
    dispatcher_.forget(slot);
    --waiting_;
    retried_refusals_ -= call->is_retried_refusal ? 1 : 0;
    if (call->source != nullptr) {
        --call->source->waiting;
        make_due(*call->source);
    }
    call->finish(failure);
}

}  // namespace keyferry::engine
