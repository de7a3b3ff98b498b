// SPDX-License-Identifier: Apache-2.0
#include "engine/calls/repeatable_calls.hpp"

#include "engine/lanes/call_lanes.hpp"
#include "engine/retry/backoff.hpp"
#include "engine/retry/disposition.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>

namespace keyferry::engine {

namespace asio = boost::asio;

namespace {

/// When fewer calls are queued, more are requested. Enough to keep every quota busy.
constexpr std::uint64_t kWaitingLow = 10'000;

SchedulerSettings scheduler_settings(const planner::RunSettings& settings) {
    SchedulerSettings scheduler;
    scheduler.in_flight_max = settings.limits.in_flight_max;
    return scheduler;
}

}  // namespace

/// A call from when it is queued until it ends.
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

    int attempts = 0;
    int throttles = 0;
    bool may_be_made = false;  ///< one of the attempts may have taken effect
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

RepeatableCalls::RepeatableCalls(const planner::RunSettings& settings,
                                 io::KmsClient& client,
                                 io::Clock& clock,
                                 asio::any_io_executor executor,
                                 std::uint64_t seed)
    : settings_(settings),
      client_(client),
      clock_(clock),
      executor_(std::move(executor)),
      random_(seed),
      scheduler_(scheduler_settings(settings)) {}

RepeatableCalls::~RepeatableCalls() = default;

template <typename Request>
void RepeatableCalls::ask(io::AccountRegion place,
                          Request request,
                          Done<typename RepeatableCall<Request>::Result> done) {
    add(std::move(place),
        RepeatableCall<Request>::kApi,
        std::make_unique<TypedCall<Request>>(std::move(request), std::move(done)));
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
template void RepeatableCalls::ask(io::AccountRegion,
                                   io::PutKeyPolicyRequest,
                                   Done<io::EmptyResult>);
template void RepeatableCalls::ask(io::AccountRegion,
                                   io::TagResourceRequest,
                                   Done<io::EmptyResult>);
template void RepeatableCalls::ask(io::AccountRegion,
                                   io::UpdateKeyDescriptionRequest,
                                   Done<io::EmptyResult>);
template void RepeatableCalls::ask(io::AccountRegion,
                                   io::CreateAliasRequest,
                                   Done<io::EmptyResult>);

void RepeatableCalls::add(io::AccountRegion place, io::KmsApi api, std::unique_ptr<Asked> call) {
    const LaneIndex lane = lane_of(place, api);
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
    const io::Moment now = clock_.now();
    scheduler_.enqueue(lane, waiting, now, now);
}

LaneIndex RepeatableCalls::lane_of(const io::AccountRegion& place, io::KmsApi api) {
    const auto found = lane_numbers_.find({place, api});
    if (found != lane_numbers_.end()) {
        return found->second;
    }
    const auto [endpoint, is_new] = endpoints_.try_emplace(place);
    if (is_new) {
        endpoint->second.gate = scheduler_.add_gate(settings_.limits.in_flight_max_per_endpoint);
    }
    const BucketIndex bucket =
        scheduler_.add_bucket(bucket_limits(settings_.limits, place, api), clock_.now());
    LaneSettings lane;
    lane.costs.push_back(Cost{bucket, 1});
    lane.gates.push_back(endpoint->second.gate);
    const LaneIndex index = scheduler_.add_lane(std::move(lane));
    assert(index == lanes_.size());
    lanes_.push_back(planner::QuotaCalls{place, api, 0});
    lane_numbers_.emplace(std::pair(place, api), index);
    return index;
}

asio::awaitable<void> RepeatableCalls::run() {
    pump();
    if (!is_over()) {
        co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(
            [this](auto handler) { when_over_.emplace(std::move(handler)); }, asio::use_awaitable);
    }
    if (error_) {
        std::rethrow_exception(error_);
    }
    tell_of_the_asked();
}

/// After a stop, fails the writes that await a retry and may have taken effect, so that their
/// callers do not assume that nothing was sent.
void RepeatableCalls::tell_of_the_asked() {
    FinalFailure failure;
    failure.message = "stopped before a response was received";
    failure.may_be_made = true;
    for (std::uint32_t slot = 0; slot < asked_.size() && stopping_; ++slot) {
        if (asked_[slot] != nullptr && asked_[slot]->may_be_made) {
            finish(slot, &failure);
        }
    }
}

void RepeatableCalls::stop() {
    stopping_ = true;
    const std::weak_ptr<const char> alive = alive_;
    asio::post(executor_, [this, alive] {
        if (!alive.expired()) {
            complete_if_over();
        }
    });
}

std::vector<planner::QuotaCalls> RepeatableCalls::calls_by_quota() const {
    std::vector<planner::QuotaCalls> made;
    for (const auto& [quota, lane] : lane_numbers_) {
        if (lanes_.at(lane).calls > 0) {
            made.push_back(lanes_.at(lane));
        }
    }
    return made;
}

void RepeatableCalls::refill() {
    while (more_ && waiting_ < kWaitingLow && !stopping_) {
        if (!more_()) {
            more_ = nullptr;
        }
    }
}

/// Starts all calls that may be sent now, then sets the timer for the next ones.
void RepeatableCalls::pump() {
    refill();
    while (!stopping_) {
        const std::optional<StartedCall> started = scheduler_.start_next(clock_.now());
        if (!started) {
            break;
        }
        asio::co_spawn(executor_, perform(*started), [this, started](std::exception_ptr error) {
            scheduler_.finished(*started, clock_.now());
            if (error && !error_) {
                error_ = std::move(error);
                stopping_ = true;
            }
            pump();
            complete_if_over();
        });
    }
    const std::optional<io::Moment> wake = stopping_ ? std::nullopt : scheduler_.wake_at();
    if (wake) {
        set_timer(*wake);
    }
}

void RepeatableCalls::set_timer(io::Moment wake) {
    if (timer_at_ && *timer_at_ <= wake) {
        return;
    }
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
        complete_if_over();
    });
}

asio::awaitable<void> RepeatableCalls::perform(StartedCall started) {
    planner::QuotaCalls& lane = lanes_.at(started.lane);
    if (endpoints_.at(lane.place).is_given_up) {
        FinalFailure failure;
        failure.message = "the endpoint did not respond to " + std::to_string(kFailuresInARowMax) +
                          " consecutive calls, so no more were sent";
        finish(started.call.id, &failure);
        co_return;
    }
    ++calls_;
    ++lane.calls;
    io::AccountRegion place = lane.place;  // `lane` is invalidated if lanes are added
    Asked& call = *asked_.at(started.call.id);
    ++call.attempts;
    const std::optional<io::CallFailure> failure = co_await call.attempt(client_, std::move(place));
    heard(started, failure);
}

void RepeatableCalls::heard(const StartedCall& started,
                            const std::optional<io::CallFailure>& failure) {
    Endpoint& endpoint = endpoints_.at(lanes_.at(started.lane).place);
    if (!failure) {
        endpoint.failures_in_a_row = 0;
        scheduler_.answered(started, clock_.now());
        finish(started.call.id, nullptr);
        return;
    }
    if (failure->certainty == io::Certainty::refused) {
        endpoint.failures_in_a_row = 0;
    } else if (++endpoint.failures_in_a_row >= kFailuresInARowMax) {
        endpoint.is_given_up = true;
    }
    failed(started, *failure);
}

void RepeatableCalls::failed(const StartedCall& started, const io::CallFailure& failure) {
    const io::KmsApi api = lanes_.at(started.lane).api;
    Asked& call = *asked_.at(started.call.id);
    // The failures after which a run checks for the replica before it sends the request again: the
    // request may have taken effect.
    call.may_be_made |=
        disposition_of(io::KmsApi::replicate_key, failure) == Disposition::reconcile;
    FinalFailure result;
    result.code = failure.wire_code;
    result.message = failure.message;
    result.may_be_made = call.may_be_made;
    switch (disposition_of(api, failure)) {
        case Disposition::retry_throttled:
        case Disposition::retry_limit:
            static_cast<void>(scheduler_.throttled(started, clock_.now(), failure.retry_after));
            retry(started, failure, true);
            return;
        case Disposition::retry:
        case Disposition::retry_policy:
        case Disposition::wait_for_state:
        case Disposition::reconcile:
            retry(started, failure, false);
            return;
        case Disposition::stop_run:
            if (refusal_.empty()) {
                refusal_ = failure.wire_code.empty() ? failure.message
                                                     : failure.wire_code + ": " + failure.message;
            }
            stop();
            return;
        case Disposition::absent:
            result.lookup = planner::LookupStatus::absent;
            break;
        case Disposition::fail_denied:
        case Disposition::fail:
        case Disposition::adopt:
            result.lookup = failure.code == io::KmsErrorCode::access_denied
                                ? planner::LookupStatus::denied
                                : planner::LookupStatus::no_response;
            break;
    }
    scheduler_.answered(started, clock_.now());
    finish(started.call.id, &result);
}

void RepeatableCalls::retry(const StartedCall& started,
                            const io::CallFailure& failure,
                            bool is_throttle) {
    Asked& call = *asked_.at(started.call.id);
    if (is_throttle) {
        --call.attempts;
        ++call.throttles;
    }
    if (call.attempts >= settings_.retry.attempts_max || call.throttles >= kThrottlesMax) {
        FinalFailure result;
        result.code = failure.wire_code;
        result.message = failure.message;
        result.may_be_made = call.may_be_made;
        finish(started.call.id, &result);
        return;
    }
    const int retry = std::max(0, is_throttle ? call.throttles - 1 : call.attempts - 1);
    const double random01 = std::uniform_real_distribution<double>(0, 1)(random_);
    const auto base =
        is_throttle ? settings_.retry.throttle_delay_base : settings_.retry.transient_delay_base;
    const BackoffRange range{base, settings_.retry.delay_max};
    const io::Moment now = clock_.now();
    scheduler_.enqueue(started.lane,
                       started.call,
                       now,
                       now + backoff_delay(range, retry, random01, failure.retry_after));
}

void RepeatableCalls::finish(std::uint32_t slot, const FinalFailure* failure) {
    const std::unique_ptr<Asked> call = std::move(asked_.at(slot));
    free_slots_.push_back(slot);
    --waiting_;
    call->finish(failure);
}

bool RepeatableCalls::is_over() const {
    return scheduler_.in_flight() == 0 && (stopping_ || scheduler_.waiting() == 0);
}

void RepeatableCalls::complete_if_over() {
    if (!is_over() || !when_over_) {
        return;
    }
    auto handler = *std::move(when_over_);
    when_over_.reset();
    std::move(handler)();
}

}  // namespace keyferry::engine
