// SPDX-License-Identifier: Apache-2.0
#include "io/identity/cached_credentials_provider.hpp"

#include "io/clock/virtual_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <optional>
#include <set>
#include <string>

namespace keyferry::io {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
namespace asio = boost::asio;

/// Credentials with a lifetime of one hour that take one second to resolve, in virtual time.
class CachedCredentialsProviderTest : public ::testing::Test {
  protected:
    asio::awaitable<CredentialsOutcome> find() {
        ++found_;
        co_await clock_.sleep_until(clock_.now() + seconds(1), asio::use_awaitable);
        if (failure_) {
            co_return *failure_;
        }
        Credentials made =
            make_credentials(same_keys_ ? "AKID" : fmt::format("AKID{}", found_), "s", "", "a test")
                .value();
        if (life_) {
            made.expires_at = std::chrono::floor<seconds>(clock_.wall_now()) + *life_;
        }
        co_return std::move(made);
    }

    /// Runs until refresh() completes and returns its result.
    SharedCredentials refresh(std::shared_ptr<const Credentials> refused = nullptr) {
        std::optional<SharedCredentials> result;
        asio::co_spawn(io_,
                       identity_.refresh(std::move(refused)),
                       [&](std::exception_ptr, SharedCredentials outcome) { result = outcome; });
        while (!result) {
            clock_.run_until(io_, clock_.now() + seconds(1));
        }
        return *result;
    }
    void pass(seconds time) { clock_.run_until(io_, clock_.now() + time); }

    asio::io_context io_{1};
    VirtualClock clock_{io_};
    int found_ = 0;
    std::optional<seconds> life_ = minutes(60);
    std::optional<CredentialFailure> failure_;
    bool same_keys_ = false;
    seconds correction_{0};
    CachedCredentialsProvider identity_{io_,
                                        clock_,
                                        [this] { return find(); },
                                        [this] {
                                            return correction_;
                                        }};
};

TEST_F(CachedCredentialsProviderTest, current_is_null_before_first_refresh) {
    EXPECT_EQ(identity_.current(), nullptr);
    const auto found = refresh().value();
    EXPECT_EQ(found->access_key_id, "AKID1");
    EXPECT_EQ(identity_.current(), found);
}

TEST_F(CachedCredentialsProviderTest, concurrent_callers_share_one_refresh) {
    int answered = 0;
    for (int waiter = 0; waiter < 1000; ++waiter) {
        asio::co_spawn(
            io_, identity_.refresh(nullptr), [&](std::exception_ptr, SharedCredentials outcome) {
                answered += outcome && (*outcome)->access_key_id == "AKID1" ? 1 : 0;
            });
    }
    pass(seconds(2));
    EXPECT_EQ(answered, 1000);
    EXPECT_EQ(found_, 1);
}

TEST_F(CachedCredentialsProviderTest, refreshes_in_background_before_expiry) {
    refresh();
    pass(minutes(50) - seconds(1));
    EXPECT_EQ(identity_.current()->access_key_id, "AKID1");
    EXPECT_EQ(found_, 1);
    pass(seconds(2));
    EXPECT_EQ(identity_.current()->access_key_id, "AKID1") << "callers must not wait";
    EXPECT_EQ(identity_.current()->access_key_id, "AKID1");
    pass(seconds(2));
    EXPECT_EQ(identity_.current()->access_key_id, "AKID2");
    EXPECT_EQ(found_, 2) << "one refresh";
}

TEST_F(CachedCredentialsProviderTest, refreshes_once_per_lifetime) {
    life_ = minutes(15);
    refresh();
    std::set<std::string> used;
    for (int second = 0; second < 150 * 60; ++second) {
        const auto current = identity_.current();
        ASSERT_NE(current, nullptr) << "at " << second << " s a caller would have had to wait";
        ASSERT_GT(*current->expires_at, clock_.wall_now() + minutes(1));
        used.insert(current->access_key_id);
        pass(seconds(1));
    }
    EXPECT_EQ(used.size(), static_cast<std::size_t>(found_));
    EXPECT_EQ(found_, 15) << "refreshed every 10 minutes for 150 minutes";
}

TEST_F(CachedCredentialsProviderTest, keeps_credentials_if_refresh_fails) {
    const auto first = refresh().value();
    failure_ = CredentialFailure(true, "no network");
    pass(minutes(50));
    EXPECT_NE(identity_.current(), nullptr);
    pass(seconds(2));
    EXPECT_EQ(found_, 2);
    EXPECT_NE(identity_.current(), nullptr);
    EXPECT_EQ(found_, 2) << "not retried immediately";
    pass(seconds(31));
    EXPECT_NE(identity_.current(), nullptr);
    pass(seconds(2));
    EXPECT_EQ(found_, 3);
    pass(minutes(20));
    EXPECT_EQ(identity_.current(), first) << "AWS decides whether the credentials have expired";
    pass(seconds(2));
    EXPECT_EQ(refresh(first).error().text,
              "AWS rejected the credentials from a test as expired (valid until 20300101T010001Z); "
              "no network");
    failure_.reset();
    pass(seconds(30));
    EXPECT_TRUE(refresh());
}

TEST_F(CachedCredentialsProviderTest, waits_for_refresh_in_last_minute) {
    refresh();
    pass(minutes(59) + seconds(1));
    EXPECT_EQ(identity_.current(), nullptr);
    EXPECT_EQ(refresh().value()->access_key_id, "AKID2");
}

TEST_F(CachedCredentialsProviderTest, failed_refreshes_are_spaced_out) {
    failure_ = CredentialFailure(true, "no network");
    int answered = 0;
    for (int second = 0; second < 300; ++second) {
        asio::co_spawn(
            io_, identity_.refresh(nullptr), [&](std::exception_ptr, SharedCredentials outcome) {
                answered += !outcome && outcome.error().text == "no network" ? 1 : 0;
            });
        pass(seconds(1));
    }
    EXPECT_GE(answered, 298) << "callers do not wait for the next attempt";
    EXPECT_GE(found_, 300 / 32) << "repeated at least every 30 s";
    EXPECT_LE(found_, 15) << "after 1, 2, 4, 8, 16, 30, 30, ... s";
    failure_.reset();
    pass(seconds(30));
    EXPECT_TRUE(refresh());
}

TEST_F(CachedCredentialsProviderTest, replaces_refused_credentials) {
    const auto first = refresh().value();
    EXPECT_EQ(refresh().value(), first) << "still valid";
    EXPECT_EQ(refresh(first).value()->access_key_id, "AKID2");
    EXPECT_EQ(refresh(first).value()->access_key_id, "AKID2") << "already refreshed";
    EXPECT_EQ(found_, 2);
}

TEST_F(CachedCredentialsProviderTest, source_of_expired_credentials_is_queried_every_30_s) {
    const auto first = refresh().value();
    life_ = seconds(-60);
    const auto second = refresh(first).value();
    for (int call = 0; call < 20; ++call) {
        const SharedCredentials outcome = refresh(second);
        EXPECT_TRUE(outcome.error().retryable);
        EXPECT_THAT(outcome.error().text, HasSubstr("AWS rejected the credentials from a test"));
        EXPECT_EQ(identity_.current(), nullptr) << "not sent again";
    }
    EXPECT_EQ(found_, 2);
    pass(seconds(30));
    EXPECT_EQ(refresh(second).value()->access_key_id, "AKID3");
}

TEST_F(CachedCredentialsProviderTest, fails_if_source_has_no_newer_credentials) {
    same_keys_ = true;
    life_.reset();
    const auto first = refresh().value();
    pass(minutes(100'000));
    EXPECT_EQ(identity_.current(), first);
    const SharedCredentials outcome = refresh(first);
    EXPECT_FALSE(outcome.error().retryable);
    EXPECT_EQ(
        outcome.error().text,
        "AWS rejected the credentials from a test as expired; the source has no newer credentials");
    EXPECT_EQ(refresh().error().text, outcome.error().text);
    EXPECT_EQ(identity_.current(), nullptr);
}

TEST_F(CachedCredentialsProviderTest, expiry_by_local_clock_does_not_prevent_use) {
    same_keys_ = true;
    life_ = seconds(-600);
    const auto found = refresh().value();
    EXPECT_EQ(identity_.current(), found);
    EXPECT_EQ(refresh().value(), found);
    EXPECT_EQ(found_, 1);
    pass(seconds(31));
    EXPECT_NE(identity_.current(), nullptr);
    pass(seconds(2));
    EXPECT_NE(identity_.current(), nullptr);
    EXPECT_EQ(found_, 2) << "the source was asked for newer credentials";
}

TEST_F(CachedCredentialsProviderTest, expires_by_clock_of_aws) {
    refresh();
    correction_ = minutes(55);
    EXPECT_NE(identity_.current(), nullptr);
    pass(seconds(2));
    EXPECT_EQ(identity_.current()->access_key_id, "AKID2") << "refreshed ahead of expiry";
}

TEST_F(CachedCredentialsProviderTest, can_be_destroyed_during_refresh) {
    auto gone = std::make_unique<CachedCredentialsProvider>(io_, clock_, [this] { return find(); });
    bool answered = false;
    asio::co_spawn(io_, gone->refresh(nullptr), [&](std::exception_ptr, SharedCredentials outcome) {
        answered = outcome.has_value();
    });
    io_.poll();
    gone.reset();
    pass(seconds(2));
    EXPECT_TRUE(answered);
}

}  // namespace
}  // namespace keyferry::io
