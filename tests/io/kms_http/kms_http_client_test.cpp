// SPDX-License-Identifier: Apache-2.0
#include "io/kms_http/kms_http_client.hpp"

#include "io/clock/virtual_clock.hpp"
#include "io/kms_http/call_failures.hpp"
#include "tests/support/run_to_end.hpp"
#include "tests/support/scripted_server.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace asio = boost::asio;

const std::string kKeyId = "mrk-1234567890abcdef1234567890abcdef";
const std::string kReplicated = R"({"ReplicaKeyMetadata":{"KeyId":"mrk-1"}})";
const std::string kDescribed = R"({"KeyMetadata":{"KeyId":"mrk-1"}})";

class KmsHttpClientTest : public ::testing::Test {
  protected:
    KmsHttpClientTest() { give_credentials("AKIDEXAMPLE"); }

    void give_credentials(const std::string& access_key_id) {
        auto made = std::make_shared<Credentials>();
        made->access_key_id = access_key_id;
        made->secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        made->session_token = Secret("the-session-token");
        credentials_ = made;
    }

    KmsHttpClient& client() {
        if (!client_) {
            client_ = std::make_unique<KmsHttpClient>(
                io_,
                clock_,
                [this](const AccountRegion&) { return credentials_; },
                renew_,
                [this](const Region&) {
                    return Endpoint::parse(fmt::format("http://127.0.0.1:{}", server_.port()));
                },
                HttpSettings(),
                "1.2.3");
        }
        return *client_;
    }

    AccountRegion place() const {
        return AccountRegion(AccountId::parse("111122223333").value(),
                             Region::parse(region_).value());
    }
    CallOutcome<ReplicateKeyResult> replicate() {
        return test::run_to_end(
            io_, client().replicate_key(place(), ReplicateKeyRequest(kKeyId, "eu-west-1")));
    }
    CallOutcome<DescribeKeyResult> describe() {
        return test::run_to_end(io_, client().describe_key(place(), DescribeKeyRequest(kKeyId)));
    }

    /// Responds to consecutive requests on a connection and records them.
    test::ScriptedServer::Script responding_with(std::vector<std::string> responses) {
        return [this, responses](test::ScriptedPeer& peer) -> asio::awaitable<void> {
            for (const std::string& response : responses) {
                requests_.push_back(co_await peer.request());
                co_await peer.send(response);
            }
            co_await peer.until_closed();
        };
    }
    /// Returns the failure of replicate_key() for this response.
    CallFailure failure_of(const std::string& response) {
        server_.then(responding_with({response}));
        CallOutcome<ReplicateKeyResult> outcome = replicate();
        client_.reset();
        if (outcome.index() == 0) {
            ADD_FAILURE() << "the call succeeded";
            return CallFailure(Certainty::unknown, KmsErrorCode::other, "");
        }
        return std::get<CallFailure>(outcome);
    }
    static std::string error_answer(const std::string& status, const std::string& body) {
        return test::http_response(status, body, "x-amzn-RequestId: r-9\r\n");
    }

    asio::io_context io_{1};
    VirtualClock clock_{io_, WallTime(std::chrono::seconds(1'440'938'160))};  // 20150830T123600Z
    test::ScriptedServer server_{io_};
    std::string region_ = "us-east-1";
    std::shared_ptr<const Credentials> credentials_;
    RefreshCredentials renew_;
    std::unique_ptr<KmsHttpClient> client_;
    std::vector<std::string> requests_;
};

TEST_F(KmsHttpClientTest, sends_one_signed_request_and_parses_response) {
    server_.then(
        responding_with({test::http_response("200 OK", kReplicated, "x-amzn-RequestId: r-1\r\n")}));
    const CallOutcome<ReplicateKeyResult> outcome = replicate();
    const auto& success = std::get<CallSuccess<ReplicateKeyResult>>(outcome);
    EXPECT_EQ(success.result.replica_key_metadata.key_id, "mrk-1");
    EXPECT_EQ(success.request_id, "r-1");

    ASSERT_EQ(requests_.size(), 1U);
    const std::string& request = requests_[0];
    EXPECT_THAT(request, StartsWith("POST / HTTP/1.1\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nX-Amz-Target: TrentService.ReplicateKey\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/x-amz-json-1.1\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nX-Amz-Date: 20150830T123600Z\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nX-Amz-Security-Token: the-session-token\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nUser-Agent: keyferry/1.2.3\r\n"));
    EXPECT_THAT(request,
                HasSubstr("\r\nAuthorization: AWS4-HMAC-SHA256 "
                          "Credential=AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request"));
    EXPECT_EQ(request.substr(request.find("\r\n\r\n") + 4),
              R"({"KeyId":"mrk-1234567890abcdef1234567890abcdef","ReplicaRegion":"eu-west-1"})");
}

TEST_F(KmsHttpClientTest, every_operation_has_its_target_and_its_result) {
    server_.then(
        responding_with({test::http_response("200 OK", kDescribed),
                         test::http_response("200 OK", kDescribed),
                         test::http_response("200 OK", R"({"Keys":[{"KeyId":"k"}]})"),
                         test::http_response("200 OK", R"({"Aliases":[{"AliasName":"alias/a"}]})"),
                         test::http_response("200 OK", R"({"Tags":[{"TagKey":"t"}]})"),
                         test::http_response("200 OK", R"({"Policy":"{}"})")}));
    EXPECT_EQ(describe().index(), 0U);
    EXPECT_EQ(test::run_to_end(io_, client().create_key(place(), CreateKeyRequest())).index(), 0U);
    const auto page = test::run_to_end(io_, client().list_keys(place(), ListKeysRequest()));
    EXPECT_EQ(std::get<CallSuccess<ListKeysResult>>(page).result.keys.size(), 1U);
    EXPECT_THAT(requests_[0], HasSubstr("TrentService.DescribeKey"));
    EXPECT_THAT(requests_[1], HasSubstr("TrentService.CreateKey"));
    EXPECT_THAT(requests_[2], HasSubstr("TrentService.ListKeys"));
    const auto aliases =
        test::run_to_end(io_, client().list_aliases(place(), ListAliasesRequest()));
    EXPECT_EQ(std::get<CallSuccess<ListAliasesResult>>(aliases).result.aliases.size(), 1U);
    EXPECT_THAT(requests_[3], HasSubstr("TrentService.ListAliases"));
    const auto tags = test::run_to_end(
        io_, client().list_resource_tags(place(), ListResourceTagsRequest(kKeyId)));
    EXPECT_EQ(std::get<CallSuccess<ListResourceTagsResult>>(tags).result.tags.size(), 1U);
    EXPECT_THAT(requests_[4], HasSubstr("TrentService.ListResourceTags"));
    const auto policy =
        test::run_to_end(io_, client().get_key_policy(place(), GetKeyPolicyRequest(kKeyId)));
    EXPECT_EQ(std::get<CallSuccess<GetKeyPolicyResult>>(policy).result.policy, "{}");
    EXPECT_THAT(requests_[5], HasSubstr("TrentService.GetKeyPolicy"));
    EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(KmsHttpClientTest, mutating_operations_accept_empty_response) {
    server_.then(responding_with(std::vector<std::string>(7, test::http_response("200 OK", ""))));
    const auto send = [&](auto call, const std::string& operation, const std::string& body) {
        EXPECT_EQ(test::run_to_end(io_, std::move(call)).index(), 0U) << operation;
        EXPECT_THAT(requests_.back(), HasSubstr("TrentService." + operation + "\r\n"));
        EXPECT_THAT(requests_.back(), ::testing::EndsWith("\r\n\r\n" + body));
    };
    send(client().put_key_policy(place(), PutKeyPolicyRequest("k", "{}")),
         "PutKeyPolicy",
         R"({"KeyId":"k","Policy":"{}"})");
    send(client().tag_resource(place(), TagResourceRequest("k", {Tag("a", "b")})),
         "TagResource",
         R"({"KeyId":"k","Tags":[{"TagKey":"a","TagValue":"b"}]})");
    send(client().untag_resource(place(), UntagResourceRequest("k", {"a"})),
         "UntagResource",
         R"({"KeyId":"k","TagKeys":["a"]})");
    send(client().update_key_description(place(), UpdateKeyDescriptionRequest("k", "")),
         "UpdateKeyDescription",
         R"({"KeyId":"k","Description":""})");
    send(client().create_alias(place(), CreateAliasRequest("alias/a", "k")),
         "CreateAlias",
         R"({"AliasName":"alias/a","TargetKeyId":"k"})");
    send(client().update_alias(place(), UpdateAliasRequest("alias/a", "k")),
         "UpdateAlias",
         R"({"AliasName":"alias/a","TargetKeyId":"k"})");
    send(client().delete_alias(place(), DeleteAliasRequest("alias/a")),
         "DeleteAlias",
         R"({"AliasName":"alias/a"})");
    EXPECT_EQ(server_.connections(), 1U);
}

TEST_F(KmsHttpClientTest, uses_new_credentials) {
    server_.then(responding_with(
        {test::http_response("200 OK", kDescribed), test::http_response("200 OK", kDescribed)}));
    describe();
    give_credentials("AKIDOTHER");
    describe();
    EXPECT_THAT(requests_[0], HasSubstr("Credential=AKIDEXAMPLE/"));
    EXPECT_THAT(requests_[1], HasSubstr("Credential=AKIDOTHER/"));
}

TEST_F(KmsHttpClientTest, error_with_code_is_a_refusal) {
    const CallFailure failure = failure_of(error_answer(
        "400 Bad Request", R"({"__type":"AlreadyExistsException","message":"one replica each"})"));
    EXPECT_EQ(failure.certainty, Certainty::refused);
    EXPECT_EQ(failure.code, KmsErrorCode::already_exists);
    EXPECT_EQ(failure.message, "one replica each");
    EXPECT_EQ(failure.wire_code, "AlreadyExistsException");
    EXPECT_EQ(failure.request_id, "r-9");
    EXPECT_EQ(failure.http_status, 400);
    EXPECT_FALSE(failure.retry_after);
}

TEST_F(KmsHttpClientTest, code_takes_precedence_over_4xx_status) {
    for (const char* status : {"400 Bad Request", "403 Forbidden", "404 Not Found", "409 X"}) {
        const CallFailure failure =
            failure_of(error_answer(status, R"({"__type":"ThrottlingException"})"));
        EXPECT_EQ(failure.code, KmsErrorCode::throttling) << status;
        EXPECT_EQ(failure.certainty, Certainty::refused) << status;
    }
}

TEST_F(KmsHttpClientTest, strips_code_prefixes_and_reads_header) {
    const CallFailure prefixed = failure_of(error_answer(
        "400 X", R"({"__type":"com.amazon.coral.service#TagException","Message":"M"})"));
    EXPECT_EQ(prefixed.code, KmsErrorCode::tag);
    EXPECT_EQ(prefixed.wire_code, "TagException");
    EXPECT_EQ(prefixed.message, "M");
    const CallFailure header = failure_of(
        test::http_response("400 X", "", "x-amzn-ErrorType: DisabledException:http://a/\r\n"));
    EXPECT_EQ(header.code, KmsErrorCode::disabled);
    EXPECT_EQ(header.wire_code, "DisabledException");
    EXPECT_EQ(header.message, "HTTP status 400 without a message");
}

TEST_F(KmsHttpClientTest, removes_request_that_may_contain_session_token) {
    const CallFailure told = failure_of(error_answer(
        "400 X",
        R"({"__type":"InvalidSignatureException","message":"It does not match.\n\n)"
        R"(The Canonical String for this request should have been\n'POST the-session-token"})"));
    EXPECT_EQ(told.code, KmsErrorCode::invalid_signature);
    EXPECT_EQ(told.message, "It does not match.");
    const CallFailure header = failure_of(error_answer(
        "400 X", R"({"__type":"T","message":"X-Amz-Security-Token:the-session-token"})"));
    EXPECT_THAT(header.message, Not(HasSubstr("the-session-token")));
}

TEST_F(KmsHttpClientTest, unknown_code_is_a_refusal) {
    const CallFailure failure =
        failure_of(error_answer("400 X", R"({"__type":"BrandNewException","message":"no"})"));
    EXPECT_EQ(failure.certainty, Certainty::refused);
    EXPECT_EQ(failure.code, KmsErrorCode::other);
    EXPECT_EQ(failure.wire_code, "BrandNewException");
}

TEST_F(KmsHttpClientTest, kms_internal_failure_has_unknown_outcome) {
    for (const char* code :
         {"KMSInternalException", "DependencyTimeoutException", "InternalFailure"}) {
        for (const char* status : {"500 X", "503 X", "400 X"}) {
            const CallFailure failure =
                failure_of(error_answer(status, fmt::format(R"({{"__type":"{}"}})", code)));
            EXPECT_EQ(failure.certainty, Certainty::unknown) << status << code;
            EXPECT_EQ(failure.wire_code, code);
        }
    }
}

TEST_F(KmsHttpClientTest, intermediary_error_is_classified_by_status) {
    const CallFailure unavailable = failure_of(test::http_response("503 X", "<html>busy</html>"));
    EXPECT_EQ(unavailable.certainty, Certainty::unknown);
    EXPECT_EQ(unavailable.code, KmsErrorCode::service_unavailable);
    EXPECT_EQ(unavailable.message,
              "HTTP status 503 without an error code: 'busy'; the service, or a proxy in front of "
              "it, has failed");
    EXPECT_EQ(failure_of(test::http_response("500 X", "")).code, KmsErrorCode::server_error);
    EXPECT_EQ(failure_of(test::http_response("429 X", "")).certainty, Certainty::refused);
    EXPECT_EQ(failure_of(test::http_response("403 X", "<html>")).certainty, Certainty::unknown);
    EXPECT_EQ(
        failure_of(test::http_response("301 X", "", "Location: http://evil/\r\n")).http_status,
        301);
}

TEST_F(KmsHttpClientTest, quotes_first_words_of_response_that_is_not_from_kms) {
    const auto message = [this](const std::string& body) {
        return failure_of(test::http_response("500 X", body)).message;
    };
    const std::string end = "; the service, or a proxy in front of it, has failed";
    EXPECT_EQ(message("<!DOCTYPE html>\r\n<html>\n<head><title>502 Bad\tGateway</title></head>\n"
                      "<body class=\"x\"><h1>No\x1b[2J backend</h1></body></html>"),
              "HTTP status 500 without an error code: '502 Bad Gateway No [2J backend'" + end);
    EXPECT_EQ(message("upstream timed out"),
              "HTTP status 500 without an error code: 'upstream timed out'" + end);
    EXPECT_EQ(message(""), "HTTP status 500 without an error code" + end);
    EXPECT_EQ(message("<html>"), "HTTP status 500 without an error code" + end);
    EXPECT_EQ(message(std::string(5000, 'x')),
              "HTTP status 500 without an error code: '" + std::string(100, 'x') + "...'" + end);
    EXPECT_EQ(message("You sent X-Amz-Security-Token: the-session-token"),
              "HTTP status 500 without an error code: 'You sent'" + end);
}

TEST_F(KmsHttpClientTest, refused_credentials_are_the_cause) {
    for (const char* code : {"ExpiredTokenException",
                             "UnrecognizedClientException",
                             "InvalidClientTokenId",
                             "MissingAuthenticationTokenException"}) {
        const CallFailure failure =
            failure_of(error_answer("400 X", fmt::format(R"({{"__type":"{}"}})", code)));
        EXPECT_EQ(failure.cause, FailureCause::credentials) << code;
        EXPECT_EQ(failure.certainty, Certainty::refused) << code;
    }
    for (const char* code : {"InvalidSignatureException",
                             "SignatureDoesNotMatch",
                             "RequestExpired",
                             "AccessDeniedException",
                             "ThrottlingException"}) {
        EXPECT_EQ(
            failure_of(error_answer("400 X", fmt::format(R"({{"__type":"{}"}})", code))).cause,
            FailureCause::other)
            << code;
    }
}

TEST_F(KmsHttpClientTest, unrecognized_client_in_opt_in_region_affects_only_the_region) {
    region_ = "ap-east-1";
    EXPECT_EQ(
        failure_of(error_answer("400 X", R"({"__type":"UnrecognizedClientException"})")).cause,
        FailureCause::other);
    EXPECT_EQ(failure_of(error_answer("400 X", R"({"__type":"ExpiredTokenException"})")).cause,
              FailureCause::credentials);
}

TEST_F(KmsHttpClientTest, empty_list_response_has_unknown_outcome) {
    server_.then(
        responding_with({test::http_response("200 OK", ""), test::http_response("200 OK", "{}")}));
    for (const char* problem : {"the body is empty", "Keys is missing"}) {
        const auto outcome = test::run_to_end(io_, client().list_keys(place(), ListKeysRequest()));
        const auto& failure = std::get<CallFailure>(outcome);
        EXPECT_EQ(failure.certainty, Certainty::unknown);
        EXPECT_EQ(failure.message,
                  std::string("HTTP status 200, but the response is invalid: ") + problem);
    }
}

TEST_F(KmsHttpClientTest, returns_retry_after) {
    const auto response = [](const std::string& delay) {
        return test::http_response(
            "400 X", R"({"__type":"ThrottlingException"})", "x-amz-retry-after: " + delay + "\r\n");
    };
    EXPECT_EQ(failure_of(response("1500")).retry_after, std::chrono::milliseconds(1500));
    for (const char* wrong : {"soon", "-1", "1.5", "99999999999"}) {
        EXPECT_FALSE(failure_of(response(wrong)).retry_after) << wrong;
    }
}

TEST_F(KmsHttpClientTest, invalid_200_response_has_unknown_outcome) {
    for (const char* body : {"", "{}", "<html>", R"({"ReplicaKeyMetadata":{}})", R"({"Replica)"}) {
        const CallFailure failure = failure_of(error_answer("200 OK", body));
        EXPECT_EQ(failure.certainty, Certainty::unknown) << body;
        EXPECT_EQ(failure.code, KmsErrorCode::service_unavailable) << body;
        EXPECT_EQ(failure.http_status, 200) << body;
        EXPECT_EQ(failure.request_id, "r-9") << body;
        EXPECT_THAT(failure.message, HasSubstr("the response is invalid")) << body;
    }
}

TEST_F(KmsHttpClientTest, oversized_response_has_unknown_outcome) {
    const CallFailure failure = failure_of("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n");
    EXPECT_EQ(failure.certainty, Certainty::unknown);
    EXPECT_EQ(failure.http_status, 0);
}

TEST_F(KmsHttpClientTest, lost_response_has_unknown_outcome) {
    server_.then([](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        peer.reset();
    });
    const auto outcome = replicate();
    const auto& failure = std::get<CallFailure>(outcome);
    EXPECT_EQ(failure.certainty, Certainty::unknown);
    EXPECT_EQ(failure.code, KmsErrorCode::service_unavailable);
    EXPECT_EQ(failure.http_status, 0);
    EXPECT_THAT(failure.message, HasSubstr("Connection reset by peer"));
}

TEST_F(KmsHttpClientTest, timeout_has_unknown_outcome) {
    server_.then([this](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        clock_.advance(std::chrono::minutes(1));
        co_await peer.until_closed();
    });
    const auto outcome = replicate();
    const auto& failure = std::get<CallFailure>(outcome);
    EXPECT_EQ(failure.certainty, Certainty::unknown);
    EXPECT_EQ(failure.code, KmsErrorCode::request_timeout);
}

TEST_F(KmsHttpClientTest, only_read_only_calls_are_resent_on_stale_connection) {
    const auto stale = [this](test::ScriptedPeer& peer) -> asio::awaitable<void> {
        requests_.push_back(co_await peer.request());
        co_await peer.send(test::http_response("200 OK", kDescribed));
        requests_.push_back(co_await peer.request());
    };
    server_.then(stale);
    server_.then(stale);
    EXPECT_EQ(describe().index(), 0U);
    EXPECT_EQ(describe().index(), 0U);
    EXPECT_EQ(requests_.size(), 3U);
    const auto outcome = replicate();
    EXPECT_EQ(std::get<CallFailure>(outcome).certainty, Certainty::unknown);
    EXPECT_EQ(requests_.size(), 4U);
}

TEST_F(KmsHttpClientTest, waits_for_missing_credentials) {
    const auto found = std::exchange(credentials_, nullptr);
    renew_ =
        [&](AccountRegion,
            std::shared_ptr<const Credentials> refused) -> asio::awaitable<RefreshedCredentials> {
        EXPECT_EQ(refused, nullptr);
        co_return found;
    };
    server_.then(responding_with({test::http_response("200 OK", kDescribed)}));
    EXPECT_EQ(describe().index(), 0U);
    EXPECT_THAT(requests_[0], HasSubstr("Credential=AKIDEXAMPLE/"));
}

TEST_F(KmsHttpClientTest, expired_token_is_refreshed_and_call_resent) {
    const std::string expired =
        error_answer("400 Bad Request", R"({"__type":"ExpiredTokenException"})");
    renew_ = [this](AccountRegion, std::shared_ptr<const Credentials> refused)
        -> asio::awaitable<RefreshedCredentials> {
        EXPECT_EQ(refused->access_key_id, "AKIDEXAMPLE");
        give_credentials("AKIDFRESH");
        co_return credentials_;
    };
    server_.then(responding_with({expired, test::http_response("200 OK", kReplicated)}));
    EXPECT_EQ(replicate().index(), 0U);
    ASSERT_EQ(requests_.size(), 2U);
    EXPECT_THAT(requests_[1], HasSubstr("Credential=AKIDFRESH/"));
    const auto body = [](const std::string& request) {
        return request.substr(request.find("\r\n\r\n"));
    };
    EXPECT_EQ(body(requests_[0]), body(requests_[1]));
}

TEST_F(KmsHttpClientTest, second_expired_token_is_not_refreshed) {
    const std::string expired =
        error_answer("400 Bad Request", R"({"__type":"ExpiredTokenException"})");
    renew_ = [this](AccountRegion,
                    std::shared_ptr<const Credentials>) -> asio::awaitable<RefreshedCredentials> {
        give_credentials("AKIDFRESH");
        co_return credentials_;
    };
    server_.then(responding_with({expired, expired}));
    const CallOutcome<ReplicateKeyResult> outcome = replicate();
    EXPECT_EQ(std::get<CallFailure>(outcome).code, KmsErrorCode::expired_token);
    EXPECT_EQ(requests_.size(), 2U);
}

TEST_F(KmsHttpClientTest, refresh_failure_is_returned) {
    renew_ = [](AccountRegion,
                std::shared_ptr<const Credentials>) -> asio::awaitable<RefreshedCredentials> {
        co_return CallFailure(
            Certainty::not_sent, KmsErrorCode::missing_authentication_token, "sign in again");
    };
    server_.then(responding_with(
        {error_answer("400 Bad Request", R"({"__type":"ExpiredTokenException"})")}));
    const auto outcome = replicate();
    EXPECT_EQ(std::get<CallFailure>(outcome).message, "sign in again");
    EXPECT_EQ(std::get<CallFailure>(outcome).cause, FailureCause::credentials);
}

TEST_F(KmsHttpClientTest, is_prepared_if_there_are_credentials) {
    EXPECT_TRUE(client().is_prepared(place()));
    EXPECT_FALSE(test::run_to_end(io_, client().prepare(place())));
    credentials_.reset();
    EXPECT_FALSE(client().is_prepared(place()));
}

TEST_F(KmsHttpClientTest, prepare_obtains_credentials_without_a_call) {
    const auto found = std::exchange(credentials_, nullptr);
    renew_ =
        [&](AccountRegion at,
            std::shared_ptr<const Credentials> refused) -> asio::awaitable<RefreshedCredentials> {
        EXPECT_EQ(at, place());
        EXPECT_EQ(refused, nullptr);
        credentials_ = found;
        co_return found;
    };
    EXPECT_FALSE(test::run_to_end(io_, client().prepare(place())));
    EXPECT_TRUE(client().is_prepared(place()));
    EXPECT_EQ(server_.connections(), 0U);
}

TEST_F(KmsHttpClientTest, prepare_returns_why_there_are_no_credentials) {
    credentials_.reset();
    renew_ = [](AccountRegion,
                std::shared_ptr<const Credentials>) -> asio::awaitable<RefreshedCredentials> {
        co_return CallFailure(
            Certainty::not_sent, KmsErrorCode::service_unavailable, "the source is down");
    };
    const std::optional<CallFailure> failure = test::run_to_end(io_, client().prepare(place()));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->certainty, Certainty::not_sent);
    EXPECT_EQ(failure->cause, FailureCause::credentials);
    EXPECT_EQ(failure->message, "the source is down");
    EXPECT_EQ(server_.connections(), 0U);
}

TEST_F(KmsHttpClientTest, sends_nothing_without_credentials) {
    credentials_.reset();
    const auto outcome = replicate();
    const auto& failure = std::get<CallFailure>(outcome);
    EXPECT_EQ(failure.certainty, Certainty::not_sent);
    EXPECT_EQ(failure.code, KmsErrorCode::missing_authentication_token);
    EXPECT_EQ(failure.cause, FailureCause::credentials);
    EXPECT_EQ(failure.message, "no credentials for account 111122223333 in us-east-1");
    EXPECT_EQ(server_.connections(), 0U);
}

TEST(KmsHttpClientEndpoints, unreachable_or_missing_endpoint_sends_nothing) {
    asio::io_context io{1};
    VirtualClock clock(io);
    std::uint16_t port = 0;
    {
        asio::io_context other;
        port = test::ScriptedServer(other).port();
    }
    KmsHttpClient client(
        io,
        clock,
        [](const AccountRegion&) { return std::make_shared<Credentials>(); },
        RefreshCredentials(),
        [&](const Region& region) {
            return Endpoint::parse(region.name() == "us-east-1"
                                       ? fmt::format("http://127.0.0.1:{}", port)
                                       : std::string("http://kms.example"));
        },
        HttpSettings(),
        "1");
    const auto message = [&](const char* region) {
        AccountRegion place(AccountId::parse("111122223333").value(),
                            Region::parse(region).value());
        const auto outcome =
            test::run_to_end(io, client.describe_key(std::move(place), DescribeKeyRequest("k")));
        const auto& failure = std::get<CallFailure>(outcome);
        EXPECT_EQ(failure.certainty, Certainty::not_sent);
        EXPECT_EQ(failure.code, KmsErrorCode::service_unavailable);
        return failure.message;
    };
    EXPECT_THAT(message("us-east-1"), HasSubstr("Connection refused"));
    EXPECT_THAT(message("eu-west-1"), StartsWith("no endpoint for eu-west-1: "));
}

TEST(FailureWithoutResponse, reports_causes_that_need_manual_action) {
    HttpFailure failure(HttpStep::look_up, "looking up kms.example: Host not found");
    EXPECT_EQ(failure_without_response(failure).cause, FailureCause::other);
    failure.host_is_unknown = true;
    EXPECT_EQ(failure_without_response(failure).cause, FailureCause::unknown_host);
    failure = HttpFailure(HttpStep::handshake, "certificate verify failed");
    failure.certificate_is_untrusted = true;
    EXPECT_EQ(failure_without_response(failure).cause, FailureCause::untrusted_certificate);
}

TEST(PrintableTest, keeps_printable_ascii_and_truncates) {
    EXPECT_EQ(printable("plain text.", 100), "plain text.");
    EXPECT_EQ(printable("a\x1b[31mb\nc\xc3\xbc\x7f", 100), "a?[31mb c???");
    EXPECT_EQ(printable("0123456789", 10), "0123456789");
    EXPECT_EQ(printable("0123456789x", 10), "0123456...");
    EXPECT_EQ(printable("", 10), "");
}

}  // namespace
}  // namespace keyferry::io
