// SPDX-License-Identifier: Apache-2.0
#include "engine/calls/repeatable_calls.hpp"

#include "io/clock/virtual_clock.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/support/places.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry::engine {
namespace {

namespace asio = boost::asio;

using planner::LookupStatus;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

io::CallFailure unreachable() {
    return {io::Certainty::not_sent, io::KmsErrorCode::service_unavailable, "connection refused"};
}
io::CallFailure lost() {
    return {io::Certainty::unknown, io::KmsErrorCode::request_timeout, "no response in time"};
}

/// Fails the calls that a test selects, 10 ms after they start; passes all others on.
class FailingClient final : public PassingClient {
  public:
    using FailureOf = std::function<std::optional<io::CallFailure>(const io::AccountRegion& place)>;

    FailingClient(io::KmsClient& client, io::Clock& clock) : PassingClient(client), clock_(clock) {}

    asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> describe_key(
        io::AccountRegion place, io::DescribeKeyRequest request) override {
        ++attempts;
        std::optional<io::CallFailure> failure = failure_of ? failure_of(place) : std::nullopt;
        if (!failure) {
            co_return co_await PassingClient::describe_key(std::move(place), std::move(request));
        }
        co_await clock_.sleep_until(clock_.now() + milliseconds(10), asio::use_awaitable);
        co_return io::CallOutcome<io::DescribeKeyResult>(*std::move(failure));
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> put_key_policy(
        io::AccountRegion place, io::PutKeyPolicyRequest request) override {
        ++attempts;
        std::optional<io::CallFailure> failure = failure_of ? failure_of(place) : std::nullopt;
        if (!failure) {
            co_return co_await PassingClient::put_key_policy(std::move(place), std::move(request));
        }
        co_await clock_.sleep_until(clock_.now() + milliseconds(10), asio::use_awaitable);
        co_return io::CallOutcome<io::EmptyResult>(*std::move(failure));
    }

    FailureOf failure_of;
    int attempts = 0;

  private:
    io::Clock& clock_;
};

class RepeatableCallsTest : public ::testing::Test {
  protected:
    /// Records immediately.
    class Recorder : public CallRecorder {
      public:
        explicit Recorder(RepeatableCallsTest& test) : test_(test) {}
        void record_sent(std::uint64_t, const StartedCall& started) override {
            asio::post(test_.io, [this, started] { test_.calls->send(started); });
        }
        bool is_stalled() const noexcept override {
            return test_.clock.now() >= test_.stalled_from && test_.clock.now() < test_.stalled_to;
        }

      private:
        RepeatableCallsTest& test_;
    };

    RepeatableCallsTest() { fill(kms, plan); }

    RepeatableCalls& make(std::optional<milliseconds> park_max = std::nullopt) {
        calls.emplace(plan.settings, client, clock, io.get_executor(), 1, park_max);
        calls->record_with(recorder);
        return *calls;
    }
    const std::string& key() const { return key_; }

    /// Describes the key and counts the responses by account and Region.
    void describe(const io::AccountRegion& place) {
        calls->ask(place,
                   io::DescribeKeyRequest(key()),
                   [this, place](const FinalOutcome<io::DescribeKeyResult>& outcome) {
                       ++responses[place];
                       last_response[place] = clock.now();
                       note(outcome);
                   });
    }
    void put_policy() {
        io::PutKeyPolicyRequest request(key(), "{}");
        calls->ask_recorded(at("us-east-1"),
                            std::move(request),
                            0,
                            [this](const FinalOutcome<io::EmptyResult>& outcome) {
                                ++responses[at("us-east-1")];
                                note(outcome);
                            });
    }
    template <typename Result>
    void note(const FinalOutcome<Result>& outcome) {
        const auto* failed = std::get_if<FinalFailure>(&outcome);
        failure = failed != nullptr ? std::optional(*failed) : std::nullopt;
    }
    /// Returns whether the run is over.
    bool run() {
        bool is_over = false;
        asio::co_spawn(io, calls->run(), [&](std::exception_ptr error) {
            is_over = true;
            EXPECT_FALSE(error);
        });
        clock.run(io);
        return is_over;
    }
    void stop_at(io::Moment moment) {
        clock.sleep_until(moment, [this](boost::system::error_code) { calls->stop(); });
    }
    /// The client cannot connect until this time.
    void down_until(io::Moment moment) {
        client.failure_of = [this, moment](const io::AccountRegion&) {
            return clock.now() < moment ? std::optional(unreachable()) : std::nullopt;
        };
    }

    planner::Plan plan = plan_of(1);
    std::string key_ = plan.keys[0].primary.text();
    simulator::SimulatedKms kms{quiet()};
    asio::io_context io{1};
    io::VirtualClock clock{io};
    simulator::SimulatorKmsClient simulated{kms, clock, {}};
    FailingClient client{simulated, clock};
    Recorder recorder{*this};
    std::optional<RepeatableCalls> calls;
    std::map<io::AccountRegion, int> responses;
    std::map<io::AccountRegion, io::Moment> last_response;
    std::optional<FinalFailure> failure;  ///< the failure of the last call, if it failed
    io::Moment stalled_from{};            ///< when the recorder stalls
    io::Moment stalled_to{};
};

TEST_F(RepeatableCallsTest, passes_the_result_to_the_caller) {
    make();
    describe(at("us-east-1"));
    EXPECT_TRUE(run());
    EXPECT_EQ(responses[at("us-east-1")], 1);
    EXPECT_FALSE(failure);
    EXPECT_EQ(calls->waiting(), 0U);
}

TEST_F(RepeatableCallsTest, distinguishes_a_missing_key_from_a_denied_one) {
    make();
    describe(at("eu-west-1"));
    EXPECT_TRUE(run());
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->lookup, LookupStatus::absent);
    client.failure_of = [](const io::AccountRegion&) {
        return std::optional(io::CallFailure(
            io::Certainty::refused, io::KmsErrorCode::access_denied, "not authorized"));
    };
    describe(at("us-east-1"));
    EXPECT_TRUE(run());
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->lookup, LookupStatus::denied);
    EXPECT_EQ(failure->message, "not authorized");
}

TEST_F(RepeatableCallsTest, a_place_with_a_small_quota_does_not_hold_up_another) {
    planner::QuotaOverride small;
    small.region = io::Region::parse("eu-west-1").value();
    small.api = io::KmsApi::describe_key;
    small.quota_per_s = 10;
    plan.settings.limits.overrides.push_back(small);
    make();
    constexpr int kCalls = 3000;
    std::map<io::AccountRegion, int> asked;
    for (const io::AccountRegion& place : {at("eu-west-1"), at("us-east-1")}) {
        calls->add_source(place, [this, place, &asked] {
            if (asked[place] == kCalls) {
                return false;
            }
            ++asked[place];
            describe(place);
            EXPECT_LE(asked[place] - responses[place], 1001) << "calls held in memory";
            return true;
        });
    }
    EXPECT_TRUE(run());
    EXPECT_EQ(responses[at("us-east-1")], kCalls);
    EXPECT_EQ(responses[at("eu-west-1")], kCalls);
    EXPECT_LT(last_response[at("us-east-1")], io::Moment{} + seconds(3));
    EXPECT_GT(last_response[at("eu-west-1")], io::Moment{} + minutes(6));
}

TEST_F(RepeatableCallsTest, calls_a_source_again_when_one_of_its_calls_has_ended) {
    make();
    int left = 5;
    bool may_ask = true;
    calls->add_source(at("us-east-1"), [&] {
        // one call at a time
        if (left == 0 || !std::exchange(may_ask, false)) {
            may_ask = true;
            return false;
        }
        --left;
        describe(at("us-east-1"));
        return true;
    });
    EXPECT_TRUE(run());
    EXPECT_EQ(responses[at("us-east-1")], 5);
}

TEST_F(RepeatableCallsTest, wakes_the_source_of_a_place) {
    make();
    bool has_calls = false;
    calls->add_source(at("eu-west-1"), [&] {
        const bool asks = std::exchange(has_calls, false);
        if (asks) {
            describe(at("eu-west-1"));
        }
        return asks;
    });
    calls->ask(at("us-east-1"),
               io::DescribeKeyRequest(key()),
               [&](const FinalOutcome<io::DescribeKeyResult>&) {
                   has_calls = true;
                   calls->wake(at("eu-west-1"));
                   calls->wake(at("eu-west-2"));  // no calls are planned there
               });
    EXPECT_TRUE(run());
    EXPECT_EQ(responses[at("eu-west-1")], 1);
}

TEST_F(RepeatableCallsTest, has_no_sources_after_a_run) {
    make();
    int asked = 0;
    const auto more = [&] {
        ++asked;
        return false;
    };
    calls->add_source(at("us-east-1"), more);
    EXPECT_TRUE(run());
    calls->add_source(at("us-east-1"), more);
    EXPECT_TRUE(run());
    EXPECT_EQ(asked, 2);
}

TEST_F(RepeatableCallsTest, an_outage_of_minutes_does_not_fail_calls) {
    plan.settings.retry.attempts_max = 2;
    make();
    down_until(io::Moment{} + minutes(10));
    for (int call = 0; call < 20; ++call) {
        describe(at("us-east-1"));
    }
    EXPECT_TRUE(run());
    EXPECT_FALSE(failure);
    EXPECT_EQ(responses[at("us-east-1")], 20);
    EXPECT_LT(clock.now(), io::Moment{} + minutes(10) + seconds(31))
        << "plus the delay of the last probe";
    EXPECT_LT(client.attempts, 100) << "a parked endpoint is only probed";
}

TEST_F(RepeatableCallsTest, a_probe_uses_no_attempt_of_its_call) {
    plan.settings.retry.attempts_max = 1;
    make();
    for (int call = 0; call < 20; ++call) {
        describe(at("us-east-1"));
    }
    down_until(io::Moment{} + minutes(25));
    EXPECT_TRUE(run());
    EXPECT_FALSE(failure) << failure->message;
}

TEST_F(RepeatableCallsTest, an_endpoint_that_stays_down_fails_all_calls_after_park_max) {
    make(seconds(20));
    down_until(io::Moment::max());
    for (int call = 0; call < 20; ++call) {
        describe(at("us-east-1"));
    }
    EXPECT_TRUE(run());
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->lookup, LookupStatus::no_response);
    EXPECT_NE(failure->message.find("no more calls were sent after"), std::string::npos);
    EXPECT_NE(failure->message.find("connection refused"), std::string::npos);
    EXPECT_EQ(responses[at("us-east-1")], 20);
    EXPECT_LT(clock.now(), io::Moment{} + seconds(25));
}

TEST_F(RepeatableCallsTest, a_later_step_does_not_wait_again_for_an_endpoint_that_is_down) {
    client.failure_of = [](const io::AccountRegion& place) {
        return place == at("us-east-1") ? std::optional(unreachable()) : std::nullopt;
    };
    Outages outages;
    make(minutes(10)).share_outages(outages);
    describe(at("us-east-1"));
    EXPECT_TRUE(run());
    ASSERT_TRUE(failure);
    const std::string message = failure->message;
    const int attempts = client.attempts;
    const io::Moment before = clock.now();
    make(minutes(10)).share_outages(outages);
    describe(at("us-east-1"));
    EXPECT_TRUE(run());
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->lookup, LookupStatus::no_response);
    EXPECT_EQ(failure->message, message);
    describe(at("eu-west-1"));
    EXPECT_TRUE(run());
    EXPECT_EQ(client.attempts, attempts + 1) << "only the endpoint that works is called";
    EXPECT_LT(clock.now(), before + seconds(1));
    make(minutes(20)).share_outages(outages);  // waits longer than the first step did
    describe(at("us-east-1"));
    EXPECT_TRUE(run());
    EXPECT_GE(clock.now(), before + minutes(20));
}

TEST_F(RepeatableCallsTest, a_few_calls_without_response_also_show_that_an_endpoint_is_down) {
    plan.settings.retry.attempts_max = 3;
    plan.settings.retry.transient_delay_base = seconds(20);
    client.failure_of = [](const io::AccountRegion&) {
        return std::optional(lost());
    };
    Outages outages;
    make(seconds(5)).share_outages(outages);
    describe(at("us-east-1"));
    EXPECT_TRUE(run());
    const int attempts = client.attempts;
    EXPECT_LT(attempts, 10) << "too few to park the endpoint";
    make(seconds(5)).share_outages(outages);
    describe(at("us-east-1"));
    EXPECT_TRUE(run());
    EXPECT_EQ(client.attempts, attempts);
    EXPECT_EQ(responses[at("us-east-1")], 2);
}

TEST_F(RepeatableCallsTest, a_call_whose_every_attempt_fails_ends_after_a_minute) {
    plan.settings.retry.attempts_max = 3;
    make();
    client.failure_of = [](const io::AccountRegion&) {
        return std::optional(io::CallFailure(
            io::Certainty::refused, io::KmsErrorCode::limit_exceeded, "too many tags"));
    };
    put_policy();  // a limit error says nothing about the endpoint
    EXPECT_TRUE(run());
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->message, "too many tags");
    EXPECT_GE(clock.now(), io::Moment{} + minutes(1));
    EXPECT_LT(clock.now(), io::Moment{} + minutes(2));
}

TEST_F(RepeatableCallsTest, a_stop_fails_a_write_that_may_have_taken_effect) {
    make();
    client.failure_of = [](const io::AccountRegion&) {
        return std::optional(lost());
    };
    put_policy();
    stop_at(io::Moment{} + milliseconds(11));
    EXPECT_TRUE(run());
    EXPECT_EQ(client.attempts, 1);
    ASSERT_TRUE(failure);
    EXPECT_TRUE(failure->may_be_made);
    EXPECT_EQ(failure->message, "stopped before a response was received");
    EXPECT_EQ(calls->waiting(), 0U);
}

TEST_F(RepeatableCallsTest, a_stop_ends_a_recorded_write_that_was_not_sent_as_not_made) {
    make();
    client.failure_of = [](const io::AccountRegion&) {
        return std::optional(unreachable());
    };
    put_policy();
    stop_at(io::Moment{} + milliseconds(11));
    EXPECT_TRUE(run());
    EXPECT_EQ(client.attempts, 1);
    ASSERT_TRUE(failure);
    EXPECT_FALSE(failure->may_be_made);
    EXPECT_TRUE(calls->was_stopped());
}

TEST_F(RepeatableCallsTest, a_write_without_response_may_be_made_even_if_its_retry_is_refused) {
    make();
    client.failure_of = [this](const io::AccountRegion&) {
        return std::optional(client.attempts == 1 ? lost()
                                                  : io::CallFailure(io::Certainty::refused,
                                                                    io::KmsErrorCode::access_denied,
                                                                    "no longer authorized"));
    };
    put_policy();
    EXPECT_TRUE(run());
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->lookup, LookupStatus::denied);
    EXPECT_TRUE(failure->may_be_made);
}

TEST_F(RepeatableCallsTest, a_read_changes_nothing) {
    plan.settings.retry.attempts_max = 2;
    make();
    client.failure_of = [](const io::AccountRegion&) {
        return std::optional(lost());
    };
    describe(at("us-east-1"));
    EXPECT_TRUE(run());
    ASSERT_TRUE(failure);
    EXPECT_FALSE(failure->may_be_made);
}

TEST_F(RepeatableCallsTest, does_not_resend_writes_while_their_recorder_is_stalled) {
    make();
    std::vector<io::Moment> sent;
    client.failure_of = [&](const io::AccountRegion&) {
        sent.push_back(clock.now());
        return std::optional(sent.size() == 1 ? lost()
                                              : io::CallFailure(io::Certainty::refused,
                                                                io::KmsErrorCode::access_denied,
                                                                "not authorized"));
    };
    put_policy();
    stalled_from = io::Moment{} + milliseconds(15);
    stalled_to = io::Moment{} + minutes(2);
    EXPECT_TRUE(run());
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_LT(sent[0], stalled_from);
    EXPECT_GE(sent[1], stalled_to);
    EXPECT_LT(sent[1], stalled_to + seconds(2));
}

TEST_F(RepeatableCallsTest, stalled_recorder_does_not_delay_reads) {
    make();
    stalled_to = io::Moment::max();
    describe(at("us-east-1"));
    EXPECT_TRUE(run());
    EXPECT_EQ(responses[at("us-east-1")], 1);
}

TEST_F(RepeatableCallsTest, counts_attempts_by_quota) {
    make();
    client.failure_of = [this](const io::AccountRegion&) {
        return client.attempts == 1 ? std::optional(lost()) : std::nullopt;
    };
    describe(at("us-east-1"));
    describe(at("eu-west-1"));
    EXPECT_TRUE(run());
    const std::vector<planner::QuotaCalls> made = calls->calls_by_quota();
    ASSERT_EQ(made.size(), 2U);
    EXPECT_EQ(made[0].place, at("eu-west-1")) << "sorted";
    EXPECT_EQ(made[0].calls + made[1].calls, 3U);
    EXPECT_EQ(calls->calls(), 3U);
}

}  // namespace
}  // namespace keyferry::engine
