// SPDX-License-Identifier: Apache-2.0
// A machine with a wrong clock: calls that KMS rejects for this reason are signed again with KMS's
// time.
#include "io/aws/timestamps.hpp"
#include "io/clock/virtual_clock.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "tests/support/run_to_end.hpp"
#include "tests/support/scripted_server.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::io {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_seconds;
namespace asio = boost::asio;

constexpr sys_seconds kTrueTime{1'796'000'000s};  // 2026-11-30T00:53:20Z

/// For times in the month of kTrueTime.
std::string http_date(sys_seconds time) {
    const std::string amz = amz_date(time);  // 20261130T005320Z
    return fmt::format("Mon, {} Nov 2026 {}:{}:{} GMT",
                       amz.substr(6, 2),
                       amz.substr(9, 2),
                       amz.substr(11, 2),
                       amz.substr(13, 2));
}

/// A KMS that checks only dates, with the correct time; the client's clock is wrong by `ahead`.
class SkewedClockTest : public ::testing::Test {
  protected:
    void run_with_a_clock_ahead_by(std::chrono::seconds ahead) {
        client_.reset();
        ahead_ = ahead;
        clock_.emplace(io_, WallTime(kTrueTime + ahead));
        server_.then([this](test::ScriptedPeer& peer) -> asio::awaitable<void> {
            for (;;) {
                const std::string request = co_await peer.request();
                co_await peer.send(answer_to(request));
            }
        });
        auto credentials = std::make_shared<Credentials>();
        credentials->access_key_id = "AKIDEXAMPLE";
        credentials->secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        client_ = std::make_unique<KmsHttpClient>(
            io_,
            *clock_,
            [credentials](const AccountRegion&) { return credentials; },
            nullptr,
            [this](const Region&) {
                return Endpoint::parse(fmt::format("http://127.0.0.1:{}", server_.port()));
            },
            HttpSettings(),
            "1.2.3");
    }

    CallOutcome<ReplicateKeyResult> replicate(const std::string& region = "us-east-1") {
        const AccountRegion place(AccountId::parse("111122223333").value(),
                                  Region::parse(region).value());
        return test::run_to_end(
            io_, client_->replicate_key(place, ReplicateKeyRequest("mrk-1", "eu-west-1")));
    }

    std::string answer_to(const std::string& request) {
        const std::size_t at = request.find("X-Amz-Date: ") + 12;
        const sys_seconds signed_at = parse_amz_date(request.substr(at, 16)).value();
        const sys_seconds now =
            std::chrono::floor<std::chrono::seconds>(clock_->wall_now()) - ahead_;
        const std::string date =
            has_dates_ ? fmt::format("Date: {}\r\n", http_date(now + date_ahead_)) : "";
        if (always_refuses_ || std::chrono::abs(now - signed_at) > 5min) {
            ++refusals_;
            return test::http_response(
                "400 Bad Request",
                fmt::format(R"x({{"__type":"{}","message":"Signature expired: {} is now )x"
                            R"x(earlier than {} ({} - 5 min.)"}})x",
                            code_,
                            amz_date(signed_at),
                            amz_date(now - 5min),
                            amz_date(now)),
                date);
        }
        ++successes_;
        return test::http_response("200 OK", R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1"}})", date);
    }

    asio::io_context io_{1};
    std::optional<VirtualClock> clock_;
    test::ScriptedServer server_{io_};
    std::unique_ptr<KmsHttpClient> client_;
    std::chrono::seconds ahead_{0};
    std::chrono::seconds date_ahead_{0};
    std::string code_ = "InvalidSignatureException";
    bool has_dates_ = true;
    bool always_refuses_ = false;
    int refusals_ = 0;
    int successes_ = 0;
};

TEST_F(SkewedClockTest, costs_one_rejection_and_no_failed_call) {
    for (const auto ahead : {-24h, -1h, 1h, 24h}) {
        refusals_ = 0;
        SCOPED_TRACE(ahead.count());
        run_with_a_clock_ahead_by(ahead);
        for (int call = 0; call < 3; ++call) {
            EXPECT_EQ(replicate().index(), 0U);
        }
        EXPECT_EQ(refusals_, 1);
    }
}

TEST_F(SkewedClockTest, applies_to_endpoints_used_later) {
    run_with_a_clock_ahead_by(1h);
    replicate("us-east-1");
    replicate("eu-west-1");
    EXPECT_EQ(refusals_, 1);
    EXPECT_EQ(successes_, 2);
}

TEST_F(SkewedClockTest, is_detected_for_every_aws_code) {
    for (const char* code : {"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"}) {
        code_ = code;
        run_with_a_clock_ahead_by(1h);
        EXPECT_EQ(replicate().index(), 0U) << code;
    }
}

TEST_F(SkewedClockTest, is_read_from_message_without_date_header) {
    has_dates_ = false;
    run_with_a_clock_ahead_by(-1h);
    EXPECT_EQ(replicate().index(), 0U);
    EXPECT_EQ(refusals_, 1);
}

TEST_F(SkewedClockTest, may_change_at_run_time) {
    run_with_a_clock_ahead_by(0s);
    EXPECT_EQ(replicate().index(), 0U);
    ahead_ = 1h;  // the local clock is changed and is now one hour ahead
    EXPECT_EQ(replicate().index(), 0U);
    EXPECT_EQ(refusals_, 1);
    ahead_ = 0s;
    EXPECT_EQ(replicate().index(), 0U);
    EXPECT_EQ(refusals_, 2);
}

TEST_F(SkewedClockTest, wrong_secret_is_not_attributed_to_skew) {
    always_refuses_ = true;
    run_with_a_clock_ahead_by(0s);
    const auto outcome = replicate();
    EXPECT_EQ(std::get<CallFailure>(outcome).code, KmsErrorCode::invalid_signature);
    EXPECT_EQ(refusals_, 1);
}

TEST_F(SkewedClockTest, is_corrected_once_per_call) {
    always_refuses_ = true;
    run_with_a_clock_ahead_by(1h);
    EXPECT_EQ(replicate().index(), 1U);
    EXPECT_EQ(refusals_, 2);
}

TEST_F(SkewedClockTest, date_of_accepted_signature_is_ignored) {
    date_ahead_ = 1h;  // for example a proxy's
    run_with_a_clock_ahead_by(0s);
    replicate();
    replicate();
    EXPECT_EQ(refusals_, 0);
    EXPECT_EQ(successes_, 2);
}

}  // namespace
}  // namespace keyferry::io
