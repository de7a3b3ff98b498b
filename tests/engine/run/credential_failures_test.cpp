// SPDX-License-Identifier: Apache-2.0
// Runs in two accounts whose credentials fail, with the real executor in virtual time.
#include "engine/run/executor.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_run.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace keyferry::engine {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kKeysOfAccount = 20;

/// Keys of the accounts 111122223333 and 444455556666.
planner::Plan plan_of_two_accounts() {
    std::string text = R"(
[fleet]
name = "test"
[[group]]
name = "all"
policy = "default"
replicate_to = ["eu-west-1"]
keys = [
)";
    int number = 1;
    for (const char* account : {"111122223333", "444455556666"}) {
        for (int key = 0; key < kKeysOfAccount; ++key, ++number) {
            text +=
                fmt::format("  \"arn:aws:kms:us-east-1:{}:key/mrk-{:032x}\",\n", account, number);
        }
    }
    return plan_from(text + "]\n");
}

/// A client without credentials for some accounts at some times.
class CredentialsClient final : public PassingClient {
  public:
    enum class Credentials { good, missing, refused };
    using CredentialsOf = std::function<Credentials(const io::AccountRegion& place)>;

    CredentialsClient(io::KmsClient& client, CredentialsOf credentials_of, std::size_t& refused)
        : PassingClient(client), credentials_of_(std::move(credentials_of)), refused_(refused) {}

    bool is_prepared(const io::AccountRegion& place) const override {
        return credentials_of_(place) != Credentials::missing;
    }
    boost::asio::awaitable<std::optional<io::CallFailure>> prepare(
        io::AccountRegion place) override {
        std::optional<io::CallFailure> failure;
        if (!is_prepared(place)) {
            failure.emplace(io::Certainty::not_sent,
                            io::KmsErrorCode::service_unavailable,
                            "credential_process did not respond");
            failure->cause = io::FailureCause::credentials;
        }
        co_return failure;
    }
    boost::asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> replicate_key(
        io::AccountRegion place, io::ReplicateKeyRequest request) override {
        EXPECT_NE(credentials_of_(place), Credentials::missing) << "sent without credentials";
        if (credentials_of_(place) != Credentials::refused) {
            co_return co_await PassingClient::replicate_key(std::move(place), std::move(request));
        }
        io::CallFailure expired(
            io::Certainty::refused, io::KmsErrorCode::expired_token, "The token has expired");
        expired.wire_code = "ExpiredTokenException";
        ++refused_;
        co_return io::CallOutcome<io::ReplicateKeyResult>(std::move(expired));
    }

  private:
    CredentialsOf credentials_of_;
    std::size_t& refused_;
};

class CredentialFailures : public ::testing::Test {
  protected:
    CredentialFailures() { fill(kms, plan); }

    using Credentials = CredentialsClient::Credentials;

    RunEnd run(const CredentialsClient::CredentialsOf& credentials_of) {
        VirtualRun::Wrap wrap = [&](io::KmsClient& client) -> std::unique_ptr<io::KmsClient> {
            return std::make_unique<CredentialsClient>(client, credentials_of, refused);
        };
        VirtualRun one(plan, kms, file, start, wrap);
        one.executor().on_scope_news([this](const ScopeNews& item) { news.push_back(item); });
        now = [&one] {
            return one.clock().now();
        };
        const RunEnd end = one.run();
        progress = one.executor().progress();
        refusal = one.executor().refusal();
        start = one.clock().now() + seconds(60);
        return end;
    }

    planner::Plan plan = plan_of_two_accounts();
    simulator::SimulatedKms kms{quiet()};
    io::MemoryAppendFile file;
    io::Moment start{};
    std::function<io::Moment()> now;
    std::vector<ScopeNews> news;
    Progress progress;
    std::string refusal;
    std::size_t refused = 0;  ///< number of rejected calls, over all runs
};

bool is_second(const io::AccountRegion& place) {
    return place.account.digits() == "444455556666";
}

TEST_F(CredentialFailures, refused_credentials_end_the_jobs_of_their_account_alone) {
    EXPECT_EQ(run([](const io::AccountRegion& place) {
                  return is_second(place) ? Credentials::refused : Credentials::good;
              }),
              RunEnd::finished);
    EXPECT_EQ(progress.ended.of(Attribution::created), kKeysOfAccount);
    EXPECT_EQ(progress.ended.of(JobPhase::deferred), kKeysOfAccount);
    ASSERT_EQ(news.size(), 1U);
    EXPECT_EQ(news[0].scope, FailureScope::account);
    EXPECT_EQ(news[0].state, CircuitBreaker::State::abandoned);
    EXPECT_EQ(news[0].code, "ExpiredTokenException");
    EXPECT_LE(refused, 5U) << "at most the calls that are in flight at once";

    EXPECT_EQ(run([](const io::AccountRegion&) { return Credentials::good; }), RunEnd::finished);
    EXPECT_EQ(progress.ended.of(Attribution::created), 2U * kKeysOfAccount)
        << "the rerun has valid credentials";
    expect_each_replica_once(kms, plan);
}

TEST_F(CredentialFailures, refused_credentials_of_every_account_end_the_run) {
    EXPECT_EQ(run([](const io::AccountRegion&) { return Credentials::refused; }), RunEnd::refused);
    EXPECT_EQ(refusal, "ExpiredTokenException: The token has expired");
    EXPECT_EQ(progress.ended.of(Attribution::created), 0U);
}

TEST_F(CredentialFailures, nothing_is_recorded_as_sent_while_credentials_are_missing) {
    EXPECT_EQ(run([this](const io::AccountRegion& place) {
                  const bool is_missing = is_second(place) && now() < io::Moment{} + minutes(5);
                  return is_missing ? Credentials::missing : Credentials::good;
              }),
              RunEnd::finished);
    EXPECT_EQ(progress.ended.of(Attribution::created), 2U * kKeysOfAccount);
    ASSERT_EQ(news.size(), 2U);
    EXPECT_EQ(news[0].scope, FailureScope::account);
    EXPECT_EQ(news[0].reason, FailureClass::no_credentials);
    std::size_t sent = 0;
    const std::string journal = file.durable_content();
    for (std::size_t at = journal.find("\"sent\""); at != std::string::npos;
         at = journal.find("\"sent\"", at + 1)) {
        ++sent;
    }
    EXPECT_EQ(sent, 2U * kKeysOfAccount) << "one record for each request that was sent";
    expect_each_replica_once(kms, plan);
}

}  // namespace
}  // namespace keyferry::engine
