// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/kms_handler.hpp"

#include "tests/simulator/support/example_keys.hpp"
#include "tests/simulator/support/signed_request.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using example::at;
using example::in_virginia;
using example::primary;
using example::signed_request;
using example::SignedRequest;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kDescribeBody = R"({"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab"})";

class KmsHandlerTest : public testing::Test {
  protected:
    KmsHandlerTest() {
        callers_.add(example_identity());
        kms_.model().add_primary_key(primary());
    }
    HandlerResponse respond(const SignedRequest& request) {
        return handler_.respond(request.request(), at(0s));
    }
    /// A DescribeKey request, signed at `at(0s)`.
    SignedRequest described() { return SignedRequest("DescribeKey", kDescribeBody, at(0s).wall); }

    void expect_error(const SignedRequest& request, std::string_view code, std::string_view text) {
        const HandlerResponse got = respond(request);
        EXPECT_EQ(got.http_status, 400);
        EXPECT_THAT(got.body, StartsWith("{\"__type\":\"" + std::string(code) + "\""));
        EXPECT_THAT(got.body, HasSubstr(std::string(text)));
        EXPECT_EQ(got.request_id.size(), 36U);
        EXPECT_EQ(kms_.ledger().entries().back().code, code);
        EXPECT_EQ(kms_.ledger().entries().back().request_id, got.request_id);
    }

    SimulatedKms kms_{SimulatorSettings{}};
    Callers callers_;
    KmsHandler handler_{kms_, callers_};
};

TEST_F(KmsHandlerTest, serves_the_region_in_the_signature) {
    EXPECT_EQ(respond(signed_request("DescribeKey", kDescribeBody, at(0s).wall)).http_status, 200);
    SignedRequest elsewhere = described();
    elsewhere.region = "eu-west-1";
    elsewhere.sign();
    expect_error(elsewhere,
                 "NotFoundException",
                 "Key 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'"
                 " does not exist");
}

TEST_F(KmsHandlerTest, each_operation_returns_its_result) {
    const auto body = [&](std::string_view operation, std::string_view request) {
        return respond(signed_request(operation, request, at(0s).wall)).body;
    };
    EXPECT_THAT(body("DescribeKey", kDescribeBody), StartsWith("{\"KeyMetadata\":{"));
    EXPECT_THAT(body("CreateKey", "{}"), StartsWith("{\"KeyMetadata\":{"));
    EXPECT_THAT(body("ListKeys", "{}"), StartsWith("{\"Keys\":[{"));
    kms_.model().add_alias(in_virginia(), "alias/orders", primary());
    EXPECT_THAT(body("ListAliases", "{}"), StartsWith("{\"Aliases\":[{\"AliasName\":"));
    EXPECT_THAT(body("ListResourceTags", kDescribeBody), StartsWith("{\"Tags\":[],"));
    EXPECT_THAT(body("GetKeyPolicy", kDescribeBody), StartsWith("{\"Policy\":\"{"));
    EXPECT_THAT(body("ReplicateKey",
                     R"({"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab",)"
                     R"("ReplicaRegion":"eu-west-1"})"),
                StartsWith("{\"ReplicaKeyMetadata\":{"));
}

TEST_F(KmsHandlerTest, changes_return_an_empty_body) {
    const auto call = [&](std::string_view operation, std::string_view more) {
        const std::string body =
            R"({"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab",)" + std::string(more) + "}";
        const HandlerResponse got = respond(signed_request(operation, body, at(0s).wall));
        EXPECT_EQ(got.http_status, 200) << operation << ": " << got.body;
        EXPECT_EQ(got.body, "") << operation;
        EXPECT_EQ(kms_.ledger().entries().back().operation, operation);
    };
    call("TagResource", R"("Tags":[{"TagKey":"a","TagValue":"b"}])");
    call("UntagResource", R"("TagKeys":["a"])");
    call("UpdateKeyDescription", R"("Description":"d")");
    call("PutKeyPolicy",
         R"("Policy":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",)"
         R"(\"Action\":\"kms:*\",\"Resource\":\"*\"}}")");
    constexpr std::string_view kTarget =
        R"("AliasName":"alias/a","TargetKeyId":"mrk-1234abcd12ab34cd56ef1234567890ab")";
    call("CreateAlias", kTarget);
    call("UpdateAlias", kTarget);
    call("DeleteAlias", R"("AliasName":"alias/a")");
}

TEST_F(KmsHandlerTest, every_operation_is_served) {
    for (const io::KmsApi api : io::kKmsApis) {
        const HandlerResponse got = respond(signed_request(name_of(api), "{}", at(0s).wall));
        EXPECT_THAT(got.body, testing::Not(HasSubstr("UnknownOperation"))) << name_of(api);
    }
}

TEST_F(KmsHandlerTest, cryptographic_operations_are_recorded_without_their_data) {
    const std::string body = R"({"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab",)"
                             R"("Plaintext":"Y29uZmlkZW50aWFs"})";
    const HandlerResponse got = respond(signed_request("Encrypt", body, at(0s).wall));
    EXPECT_EQ(got.http_status, 200);
    EXPECT_THAT(got.body, testing::Not(HasSubstr("Y29uZmlkZW50aWFs")));
    const LedgerEntry& entry = kms_.ledger().entries().back();
    EXPECT_EQ(entry.operation, "Encrypt");
    EXPECT_EQ(entry.key, "mrk-1234abcd12ab34cd56ef1234567890ab");
    std::string line;
    append_json(entry, line);
    EXPECT_THAT(line, testing::Not(HasSubstr("Y29uZmlkZW50aWFs")));
}

TEST_F(KmsHandlerTest, lifecycle_operations_return_their_results) {
    const auto body = [&](std::string_view operation, std::string_view more) {
        const std::string request =
            R"({"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab")" + std::string(more) + "}";
        return respond(signed_request(operation, request, at(0s).wall)).body;
    };
    EXPECT_EQ(body("ListKeyPolicies", ""), R"({"PolicyNames":["default"],"Truncated":false})");
    EXPECT_EQ(body("EnableKeyRotation", R"(,"RotationPeriodInDays":100)"), "");
    EXPECT_EQ(body("GetKeyRotationStatus", ""),
              R"({"KeyRotationEnabled":true,"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab",)"
              R"("RotationPeriodInDays":100,"NextRotationDate":1808640000.000})");
    EXPECT_EQ(body("DisableKey", ""), "");
    EXPECT_EQ(body("ScheduleKeyDeletion", R"(,"PendingWindowInDays":7)"),
              R"({"KeyId":"arn:aws:kms:us-east-1:111122223333:key/)"
              R"(mrk-1234abcd12ab34cd56ef1234567890ab","DeletionDate":1800604800.000,)"
              R"("KeyState":"PendingDeletion","PendingWindowInDays":7})");
    EXPECT_THAT(body("CancelKeyDeletion", ""), StartsWith(R"({"KeyId":"arn:aws:kms:)"));
    EXPECT_THAT(body("ImportKeyMaterial", R"(,"ImportToken":"?","EncryptedKeyMaterial":"AAAA")"),
                HasSubstr("SerializationException"));
}

TEST_F(KmsHandlerTest, rejects_request_without_authorization) {
    expect_error(
        described(), "MissingAuthenticationTokenException", "Missing Authentication Token");
}

TEST_F(KmsHandlerTest, malformed_authorization_is_incomplete) {
    SignedRequest request = signed_request("DescribeKey", kDescribeBody, at(0s).wall);
    request.replace_authorization("AWS4-HMAC-SHA256 Credential=x");
    expect_error(request, "IncompleteSignatureException", "SignedHeaders");
}

TEST_F(KmsHandlerTest, unknown_access_key_is_unrecognized) {
    SignedRequest request = described();
    request.access_key_id = "AKIDOTHER";
    request.sign();
    expect_error(request,
                 "UnrecognizedClientException",
                 "The security token included in the request is invalid.");
}

TEST_F(KmsHandlerTest, wrong_secret_or_modified_body_does_not_match) {
    constexpr std::string_view kText =
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details.";
    SignedRequest wrong_secret = described();
    wrong_secret.secret = "wrong";
    wrong_secret.sign();
    expect_error(wrong_secret, "InvalidSignatureException", kText);
    SignedRequest changed = signed_request("DescribeKey", kDescribeBody, at(0s).wall);
    changed.replace_body("{}");
    expect_error(changed, "InvalidSignatureException", kText);
}

TEST_F(KmsHandlerTest, signature_is_valid_within_five_minutes) {
    const io::WallTime now = at(0s).wall;  // 2027-01-15T08:00:00Z
    EXPECT_EQ(respond(signed_request("DescribeKey", kDescribeBody, now - 5min)).http_status, 200);
    EXPECT_EQ(respond(signed_request("DescribeKey", kDescribeBody, now + 5min)).http_status, 200);
    expect_error(signed_request("DescribeKey", kDescribeBody, now - 301s),
                 "InvalidSignatureException",
                 "Signature expired: 20270115T075459Z is now earlier than 20270115T075500Z "
                 "(20270115T080000Z - 5 min.)");
    expect_error(signed_request("DescribeKey", kDescribeBody, now + 301s),
                 "InvalidSignatureException",
                 "Signature not yet current: 20270115T080501Z is still later than "
                 "20270115T080500Z (20270115T080000Z + 5 min.)");
}

TEST_F(KmsHandlerTest, scope_must_name_kms_and_a_region) {
    SignedRequest request = described();
    request.service = "s3";
    request.sign();
    expect_error(request, "InvalidSignatureException", "scoped to correct service: 'kms'");
    request.service = "kms";
    request.region = "Ireland";
    request.sign();
    expect_error(request, "InvalidSignatureException", "scoped to a valid region");
}

TEST_F(KmsHandlerTest, temporary_identity_requires_its_session_token) {
    SimulatorIdentity temporary("ASIATEMP", io::Secret("temporary"), example::account());
    temporary.session_token = io::Secret("token-1");
    callers_.add(std::move(temporary));
    SignedRequest request = described();
    request.access_key_id = "ASIATEMP";
    request.secret = "temporary";
    request.sign();
    expect_error(request, "UnrecognizedClientException", "security token");
    request.session_token = "token-1";
    request.sign();
    EXPECT_EQ(respond(request).http_status, 200);
}

TEST_F(KmsHandlerTest, unsupported_operation_is_unknown) {
    expect_error(signed_request("EatKey", "{}", at(0s).wall), "UnknownOperationException", "");
    EXPECT_EQ(kms_.ledger().entries().back().operation, "EatKey");
    EXPECT_EQ(kms_.ledger().entries().back().account, "111122223333");
}

TEST_F(KmsHandlerTest, invalid_body_is_recorded_but_not_executed) {
    expect_error(
        signed_request("CreateKey", "nonsense", at(0s).wall), "SerializationException", "");
    EXPECT_EQ(kms_.model().key_count(in_virginia()), 1U);
}

TEST_F(KmsHandlerTest, no_secret_reaches_the_ledger) {
    std::string lines;
    kms_.ledger().observe([&](const LedgerEntry& entry) { append_json(entry, lines); });
    SignedRequest request = signed_request("DescribeKey", kDescribeBody, at(0s).wall);
    respond(request);
    request.replace_authorization("AWS4-HMAC-SHA256 canary");
    respond(request);
    EXPECT_THAT(lines, testing::Not(HasSubstr("wJalrXUtn")));
    EXPECT_THAT(lines, testing::Not(HasSubstr("Signature=")));
    EXPECT_THAT(lines, testing::Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace keyferry::simulator
