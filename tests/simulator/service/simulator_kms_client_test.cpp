// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/simulator_kms_client.hpp"

#include "io/clock/virtual_clock.hpp"
#include "tests/simulator/support/example_keys.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using example::in_ireland;
using example::in_virginia;
using example::kKeyIdText;
using example::primary;
using example::replicate_to_ireland;

class SimulatorKmsClientTest : public testing::Test {
  protected:
    void start(std::string_view faults = "", double quota_scale = 0) {
        SimulatorSettings settings;
        settings.quota_scale = quota_scale;
        settings.faults = parse_faults(faults).value();
        kms_.emplace(settings);
        kms_->model().add_primary_key(primary());
        client_.emplace(*kms_, clock_, SimulatorClientSettings{});
    }

    /// Runs one call to completion in virtual time.
    template <typename Result>
    io::CallOutcome<Result> run(asio::awaitable<io::CallOutcome<Result>> call) {
        std::optional<io::CallOutcome<Result>> outcome;
        asio::co_spawn(io_, store(std::move(call), outcome), [](std::exception_ptr error) {
            EXPECT_FALSE(error);
        });
        io_.restart();
        clock_.run(io_);
        return std::move(outcome).value();
    }

    template <typename Result>
    static asio::awaitable<void> store(asio::awaitable<io::CallOutcome<Result>> call,
                                       std::optional<io::CallOutcome<Result>>& outcome) {
        outcome.emplace(co_await std::move(call));
    }

    asio::io_context io_{1};
    io::VirtualClock clock_{io_};
    std::optional<SimulatedKms> kms_;
    std::optional<SimulatorKmsClient> client_;
};

TEST_F(SimulatorKmsClientTest, call_takes_virtual_time_and_returns_a_result) {
    start();
    const auto outcome = run(client_->replicate_key(in_virginia(), replicate_to_ireland()));
    const auto& success = std::get<io::CallSuccess<io::ReplicateKeyResult>>(outcome);
    EXPECT_EQ(success.result.replica_key_metadata.key_state, io::KeyState::creating);
    EXPECT_EQ(success.request_id.size(), 36U);
    EXPECT_GE(clock_.now() - io::Moment{}, 10ms);
    EXPECT_LE(clock_.now() - io::Moment{}, 45ms);
}

TEST_F(SimulatorKmsClientTest, replica_becomes_enabled_over_time) {
    start();
    run(client_->replicate_key(in_virginia(), replicate_to_ireland()));
    clock_.run_until(io_, io::Moment{} + 10s);
    const auto outcome =
        run(client_->describe_key(in_ireland(), io::DescribeKeyRequest{std::string(kKeyIdText)}));
    EXPECT_EQ(std::get<0>(outcome).result.key_metadata.key_state, io::KeyState::enabled);
}

TEST_F(SimulatorKmsClientTest, reads_key_attributes) {
    start();
    const std::string key_id{kKeyIdText};
    ASSERT_TRUE(kms_->model().add_alias(in_virginia(), "alias/orders", primary()));
    ASSERT_TRUE(kms_->model().set_tags(primary(), {io::Tag("team", "payments")}));
    ASSERT_TRUE(kms_->model().set_policy(primary(), "{ }"));
    const auto aliases = run(client_->list_aliases(in_virginia(), io::ListAliasesRequest()));
    ASSERT_EQ(std::get<0>(aliases).result.aliases.size(), 1U);
    EXPECT_EQ(std::get<0>(aliases).result.aliases[0].target_key_id, key_id);
    const auto tags =
        run(client_->list_resource_tags(in_virginia(), io::ListResourceTagsRequest(key_id)));
    EXPECT_EQ(std::get<0>(tags).result.tags, std::vector<io::Tag>{io::Tag("team", "payments")});
    const auto policy =
        run(client_->get_key_policy(in_virginia(), io::GetKeyPolicyRequest(key_id)));
    EXPECT_EQ(std::get<0>(policy).result.policy, "{ }");
}

TEST_F(SimulatorKmsClientTest, error_response_is_not_done) {
    start("throttle=1");
    const auto outcome = run(client_->list_keys(in_virginia(), io::ListKeysRequest()));
    const auto& failure = std::get<io::CallFailure>(outcome);
    EXPECT_EQ(failure.certainty, io::Certainty::refused);
    EXPECT_EQ(failure.code, io::KmsErrorCode::throttling);
    EXPECT_EQ(failure.wire_code, "ThrottlingException");
    EXPECT_EQ(failure.http_status, 400);
}

TEST_F(SimulatorKmsClientTest, throttle_can_have_retry_after) {
    start("throttle=1,retry-after=1500ms");
    const auto outcome = run(client_->list_keys(in_virginia(), io::ListKeysRequest()));
    EXPECT_EQ(std::get<io::CallFailure>(outcome).retry_after, 1500ms);
}

TEST_F(SimulatorKmsClientTest, call_to_down_region_is_not_sent) {
    start("us-east-1/down=1");
    const auto outcome = run(client_->replicate_key(in_virginia(), replicate_to_ireland()));
    const auto& failure = std::get<io::CallFailure>(outcome);
    EXPECT_EQ(failure.certainty, io::Certainty::not_sent);
    EXPECT_EQ(failure.code, io::KmsErrorCode::service_unavailable);
    EXPECT_EQ(failure.message, "cannot connect to the simulated KMS in us-east-1");
}

TEST_F(SimulatorKmsClientTest, internal_error_has_unknown_outcome) {
    start("internal=1");
    const auto outcome = run(client_->create_key(in_virginia(), io::CreateKeyRequest()));
    EXPECT_EQ(std::get<io::CallFailure>(outcome).certainty, io::Certainty::unknown);
    EXPECT_EQ(std::get<io::CallFailure>(outcome).code, io::KmsErrorCode::kms_internal);
}

TEST_F(SimulatorKmsClientTest, lost_response_is_a_timeout_or_a_closed_connection) {
    start("lost=1");
    bool timeout_seen = false;
    bool closed_seen = false;
    for (int i = 0; i < 20; ++i) {
        const io::Moment before = clock_.now();
        const auto outcome = run(client_->create_key(in_virginia(), io::CreateKeyRequest()));
        const auto& failure = std::get<io::CallFailure>(outcome);
        EXPECT_EQ(failure.certainty, io::Certainty::unknown);
        EXPECT_EQ(failure.http_status, 0);
        const bool timeout = failure.code == io::KmsErrorCode::request_timeout;
        timeout_seen = timeout_seen || timeout;
        closed_seen = closed_seen || failure.code == io::KmsErrorCode::service_unavailable;
        EXPECT_EQ(clock_.now() - before == 10s, timeout);
    }
    EXPECT_TRUE(timeout_seen);
    EXPECT_TRUE(closed_seen);
    EXPECT_EQ(kms_->ledger().effects(EffectKind::key_created), 20U);
}

TEST_F(SimulatorKmsClientTest, late_response_is_a_timeout_with_unknown_outcome) {
    start("slow=1,slow-delay=1m");
    const auto outcome = run(client_->replicate_key(in_virginia(), replicate_to_ireland()));
    EXPECT_EQ(std::get<io::CallFailure>(outcome).code, io::KmsErrorCode::request_timeout);
    EXPECT_EQ(std::get<io::CallFailure>(outcome).certainty, io::Certainty::unknown);
    EXPECT_EQ(kms_->ledger().effects(kKeyIdText, "eu-west-1"), 1U);
}

TEST_F(SimulatorKmsClientTest, calls_arrive_at_the_intervals_at_which_they_were_sent) {
    start("", 1);
    for (int i = 0; i < 10; ++i) {  // five evenly spaced calls per second do not exceed the quota
        clock_.run_until(io_, io::Moment{} + i * 200ms);
        const auto outcome = run(client_->create_key(in_virginia(), io::CreateKeyRequest()));
        EXPECT_TRUE(std::holds_alternative<io::CallSuccess<io::CreateKeyResult>>(outcome)) << i;
    }
    EXPECT_EQ(kms_->ledger().peak("111122223333", "us-east-1", io::KmsApi::create_key), 5U);
}

TEST_F(SimulatorKmsClientTest, changes_key_attributes) {
    start();
    const std::string key(kKeyIdText);
    const auto succeeds = [&](auto call) {
        return std::holds_alternative<io::CallSuccess<io::EmptyResult>>(run(std::move(call)));
    };
    const io::AccountRegion place = in_virginia();
    EXPECT_TRUE(
        succeeds(client_->tag_resource(place, io::TagResourceRequest(key, {io::Tag("a", "b")}))));
    EXPECT_TRUE(succeeds(client_->untag_resource(place, io::UntagResourceRequest(key, {"a"}))));
    EXPECT_TRUE(succeeds(
        client_->update_key_description(place, io::UpdateKeyDescriptionRequest(key, "orders"))));
    EXPECT_TRUE(succeeds(client_->create_alias(place, io::CreateAliasRequest("alias/a", key))));
    EXPECT_TRUE(succeeds(client_->update_alias(place, io::UpdateAliasRequest("alias/a", key))));
    EXPECT_TRUE(succeeds(client_->delete_alias(place, io::DeleteAliasRequest("alias/a"))));
    EXPECT_FALSE(
        succeeds(client_->put_key_policy(place, io::PutKeyPolicyRequest(key, "no policy"))));
    EXPECT_EQ(kms_->ledger().effects(EffectKind::tags_changed), 2U);
    EXPECT_EQ(kms_->model().view(primary(), clock_.now())->description, "orders");
}

TEST_F(SimulatorKmsClientTest, cancelled_call_throws_operation_aborted) {
    start();
    asio::cancellation_signal stop;
    std::exception_ptr error;
    std::optional<io::CallOutcome<io::ListKeysResult>> outcome;
    asio::co_spawn(io_,
                   store(client_->list_keys(in_virginia(), io::ListKeysRequest()), outcome),
                   asio::bind_cancellation_slot(
                       stop.slot(), [&](std::exception_ptr thrown) { error = thrown; }));
    clock_.run_until(io_, io::Moment{} + 1ms);
    stop.emit(asio::cancellation_type::terminal);
    clock_.run(io_);
    ASSERT_TRUE(error);
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& thrown) {
        EXPECT_EQ(thrown.code(), asio::error::operation_aborted);
    }
}

}  // namespace
}  // namespace keyferry::simulator
