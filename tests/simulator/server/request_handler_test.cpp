// SPDX-License-Identifier: Apache-2.0
// Tests permissions, STS, credential endpoints and control endpoints of the simulator.
#include "tools/simulator/server/request_handler.hpp"

#include "io/clock/virtual_clock.hpp"
#include "tests/simulator/support/example_keys.hpp"
#include "tests/simulator/support/signed_request.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>
#include <string>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kDescribe = R"({"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab"})";
constexpr std::string_view kReplicate =
    R"({"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab","ReplicaRegion":"eu-west-1"})";

/// The text between <name> and </name>.
std::string element(const std::string& xml, const std::string& name) {
    const std::size_t begin = xml.find("<" + name + ">") + name.size() + 2;
    return xml.substr(begin, xml.find("</" + name + ">") - begin);
}

class RequestHandlerTest : public testing::Test {
  protected:
    RequestHandlerTest() {
        handler_.callers().add(example_identity());
        kms_.model().add_primary_key(primary());
    }
    HandlerResponse respond(const io::SignableRequest& request,
                            std::chrono::nanoseconds when = 0s) {
        return handler_.respond(request, at(when));
    }
    HandlerResponse unsigned_call(std::string_view method,
                                  std::string_view target,
                                  std::string_view body = "") {
        io::SignableRequest request;
        request.method = method;
        const std::size_t question = target.find('?');
        request.path = target.substr(0, question);
        if (question != std::string_view::npos) {
            request.query = target.substr(question + 1);
        }
        request.body = body;
        return handler_.respond(request, at(0s));
    }
    HandlerResponse sts(const std::string& body, const std::string& region = "us-east-1") {
        SignedRequest request("", body, at(0s).wall);
        request.as_form_for("sts");
        request.region = region;
        request.sign();
        return respond(request.request());
    }
    /// Replaces the caller's permissions with an IAM policy that has this list of statements.
    void limit(std::string_view statements) {
        SimulatorIdentity identity = example_identity();
        identity.policies = policies(statements);
        identity.name = "user/limited";
        handler_.callers().add(std::move(identity));
    }
    static std::shared_ptr<const PolicyDocuments> policies(std::string_view statements) {
        const std::string text = "{\"Statement\":[" + std::string(statements) + "]}";
        return std::make_shared<const PolicyDocuments>(
            PolicyDocuments{parse_policy(text, PolicyKind::identity).value()});
    }
    HandlerResponse kms(std::string_view operation, std::string_view body) {
        const SignedRequest request = signed_request(operation, body, at(0s).wall);
        return respond(request.request());
    }

    SimulatedKms kms_{SimulatorSettings{}};
    RequestHandler handler_{kms_};
};

// -------------------------------------------------------------------------------- permissions

TEST_F(RequestHandlerTest, enforces_permissions_of_the_identity) {
    limit(R"({"Effect":"Allow","Action":"kms:Describe*","Resource":"*"})");
    EXPECT_EQ(kms("DescribeKey", kDescribe).http_status, 200);
    const HandlerResponse denied = kms("GetKeyPolicy", kDescribe);
    EXPECT_EQ(denied.http_status, 400);
    EXPECT_THAT(denied.body, HasSubstr("AccessDeniedException"));
    EXPECT_THAT(denied.body,
                HasSubstr("User: arn:aws:iam::111122223333:user/limited is not authorized to "
                          "perform: kms:GetKeyPolicy on resource: arn:aws:kms:us-east-1:"));
    EXPECT_EQ(kms_.ledger().entries().back().code, "AccessDeniedException");
}

TEST_F(RequestHandlerTest, replicate_key_needs_create_key_in_the_replicas_region) {
    const std::string replicate =
        R"({"Effect":"Allow","Action":"kms:ReplicateKey","Resource":"*"})";
    limit(replicate);
    EXPECT_THAT(kms("ReplicateKey", kReplicate).body,
                HasSubstr("kms:CreateKey on resource: arn:aws:kms:eu-west-1:"));
    limit(replicate + R"(,{"Effect":"Allow","Action":"kms:CreateKey","Resource":"*",)"
                      R"("Condition":{"StringLike":{"aws:RequestedRegion":"eu-*"}}})");
    EXPECT_THAT(
        kms("ReplicateKey",
            R"({"KeyId":"mrk-1234abcd12ab34cd56ef1234567890ab","ReplicaRegion":"eu-west-1",)"
            R"("Tags":[{"TagKey":"a","TagValue":"b"}]})")
            .body,
        HasSubstr("kms:TagResource"));
    EXPECT_EQ(kms("ReplicateKey", kReplicate).http_status, 200);
}

// ---------------------------------------------------------------------------------------- STS

TEST_F(RequestHandlerTest, get_caller_identity_returns_the_caller) {
    const HandlerResponse got = sts("Action=GetCallerIdentity&Version=2011-06-15");
    EXPECT_EQ(got.http_status, 200);
    EXPECT_EQ(got.content_type, "text/xml");
    EXPECT_EQ(element(got.body, "Account"), "111122223333");
    EXPECT_EQ(element(got.body, "Arn"), "arn:aws:iam::111122223333:user/simulated");
    EXPECT_EQ(kms_.ledger().entries().back().operation, "GetCallerIdentity");
}

TEST_F(RequestHandlerTest, role_credentials_expire) {
    SimulatorRole role{account(),
                       "deployer",
                       "",
                       "",
                       policies(R"({"Effect":"Allow","Action":"kms:Describe*","Resource":"*"})")};
    handler_.callers().add(std::move(role));
    const HandlerResponse got =
        sts("Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fdeployer&"
            "RoleSessionName=me&DurationSeconds=900");
    ASSERT_EQ(got.http_status, 200) << got.body;
    EXPECT_EQ(element(got.body, "Expiration"), "2027-01-15T08:15:00Z");
    const auto call = [&](std::string_view operation, std::chrono::nanoseconds when) {
        SignedRequest request(operation, kDescribe, at(when).wall);
        request.access_key_id = element(got.body, "AccessKeyId");
        request.secret = element(got.body, "SecretAccessKey");
        request.session_token = element(got.body, "SessionToken");
        request.sign();
        return respond(request.request(), when).body;
    };
    EXPECT_THAT(call("DescribeKey", 1s), StartsWith("{\"KeyMetadata\""));
    EXPECT_THAT(call("GetKeyPolicy", 1s),
                HasSubstr("User: arn:aws:sts::111122223333:assumed-role/deployer/me is not"));
    EXPECT_THAT(call("DescribeKey", 15min), HasSubstr("ExpiredTokenException"));
}

TEST_F(RequestHandlerTest, assume_role_checks_its_parameters) {
    handler_.callers().add(SimulatorRole{account(), "deployer", "secret-id", "a-token"});
    const std::string role = "&RoleArn=arn:aws:iam::111122223333:role/deployer&RoleSessionName=me";
    EXPECT_EQ(sts("Action=AssumeRole" + role).http_status, 403);
    EXPECT_THAT(sts("Action=AssumeRole" + role).body, HasSubstr("<Code>AccessDenied</Code>"));
    EXPECT_EQ(sts("Action=AssumeRole&ExternalId=secret-id" + role).http_status, 200);
    EXPECT_THAT(sts("Action=AssumeRoleWithWebIdentity&WebIdentityToken=other" + role).body,
                HasSubstr("InvalidIdentityToken"));
    EXPECT_EQ(sts("Action=AssumeRoleWithWebIdentity&WebIdentityToken=a-token" + role).http_status,
              200);
    EXPECT_THAT(sts("Action=AssumeRole&ExternalId=secret-id&DurationSeconds=1" + role).body,
                HasSubstr("ValidationError"));
    EXPECT_THAT(sts("Action=GetSessionToken").body, HasSubstr("InvalidAction"));
    const auto message_of = [&](const std::string& parameters) {
        const HandlerResponse got = sts("Action=AssumeRole" + parameters);
        EXPECT_EQ(got.http_status, 400) << got.body;
        EXPECT_EQ(element(got.body, "Code"), "ValidationError");
        return element(got.body, "Message");
    };
    EXPECT_THAT(message_of(""), HasSubstr("2 validation errors detected: Value null at"));
    EXPECT_THAT(message_of("&RoleArn=role&RoleSessionName=me"), HasSubstr("than or equal to 20"));
    EXPECT_THAT(message_of(role + "&DurationSeconds=899"), HasSubstr("than or equal to 900"));
    EXPECT_THAT(message_of(role + "&DurationSeconds=1h"), HasSubstr("durationSeconds"));
    const std::string arn = "&RoleArn=arn:aws:iam::111122223333:role/deployer&RoleSessionName=";
    EXPECT_THAT(message_of(arn + "x"), HasSubstr("than or equal to 2"));
    EXPECT_THAT(message_of(arn + "a%20b"), HasSubstr("pattern: [\\w+=,.@-]*"));
}

TEST_F(RequestHandlerTest, role_chaining_is_limited_to_an_hour) {
    handler_.callers().add(SimulatorRole{account(), "deployer", "", "a-token"});
    const std::string parameters =
        "Action=AssumeRole&RoleArn=arn:aws:iam::111122223333:role/deployer&RoleSessionName=me";
    const HandlerResponse first = sts(parameters + "&DurationSeconds=7200");
    ASSERT_EQ(first.http_status, 200) << "a user assumes the role";
    const auto chained = [&](const std::string& duration) {
        SignedRequest request("", parameters + duration, at(0s).wall);
        request.as_form_for("sts");
        request.access_key_id = element(first.body, "AccessKeyId");
        request.secret = element(first.body, "SecretAccessKey");
        request.session_token = element(first.body, "SessionToken");
        request.sign();
        return respond(request.request());
    };
    const HandlerResponse refused = chained("&DurationSeconds=3601");
    EXPECT_EQ(refused.http_status, 400);
    EXPECT_EQ(element(refused.body, "Code"), "ValidationError");
    EXPECT_EQ(element(refused.body, "Message"),
              "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
              "role chaining.");
    EXPECT_EQ(chained("&DurationSeconds=3600").http_status, 200);
    EXPECT_EQ(element(chained("").body, "Expiration"), "2027-01-15T09:00:00Z");
}

TEST_F(RequestHandlerTest, roles_of_another_partition_are_not_found) {
    handler_.callers().add(SimulatorRole{account(), "deployer", "", "a-token"});
    const auto assume = [&](const std::string& partition, const std::string& region) {
        return sts("Action=AssumeRole&RoleSessionName=me&RoleArn=arn:" + partition +
                       ":iam::111122223333:role/deployer",
                   region);
    };
    for (const auto& [partition, region] : {std::pair("aws", "us-east-1"),
                                            std::pair("aws-cn", "cn-north-1"),
                                            std::pair("aws-us-gov", "us-gov-west-1")}) {
        const HandlerResponse got = assume(partition, region);
        EXPECT_EQ(got.http_status, 200) << got.body;
        EXPECT_EQ(element(got.body, "Arn"),
                  "arn:" + std::string(partition) + ":sts::111122223333:assumed-role/deployer/me");
    }
    for (const auto& [partition, region] : {std::pair("aws-cn", "us-east-1"),
                                            std::pair("aws-us-gov", "us-east-1"),
                                            std::pair("aws", "us-gov-west-1"),
                                            std::pair("aws", "cn-north-1"),
                                            std::pair("nowhere", "us-east-1")}) {
        const HandlerResponse got = assume(partition, region);
        EXPECT_EQ(got.http_status, 403) << partition << " from " << region;
        EXPECT_EQ(element(got.body, "Code"), "AccessDenied");
        EXPECT_THAT(element(got.body, "Message"),
                    HasSubstr("is not authorized to perform: sts:AssumeRole on resource: arn:" +
                              std::string(partition) + ":iam::111122223333:role/deployer"));
    }
}

TEST_F(RequestHandlerTest, web_identity_token_with_an_expiry_expires) {
    // {"alg":"none"} . {"sub":"app?>","exp":1800000060} . (no signature)
    const std::string token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcHA_PiIsImV4cCI6MTgwMDAwMDA2MH0.";
    handler_.callers().add(SimulatorRole{account(), "deployer", "", token});
    const auto assume = [&](std::chrono::nanoseconds when) {
        const std::string body =
            "Action=AssumeRoleWithWebIdentity&RoleSessionName=me&RoleArn=arn:aws:iam::"
            "111122223333:role/deployer&WebIdentityToken=" +
            token;
        SignedRequest request("", body, at(when).wall);
        request.as_form_for("sts");
        return respond(request.request(), when);
    };
    EXPECT_EQ(assume(59s).http_status, 200);
    const HandlerResponse expired = assume(60s);
    EXPECT_EQ(expired.http_status, 400);
    EXPECT_EQ(element(expired.body, "Code"), "ExpiredTokenException");
    EXPECT_EQ(element(expired.body, "Message"),
              "Token expired: current date/time 1800000060 must be before the expiration date/time "
              "1800000060");
}

TEST_F(RequestHandlerTest, web_identities_assume_roles_of_every_partition) {
    handler_.callers().add(SimulatorRole{account(), "deployer", "", "a-token"});
    const auto assume = [&](const std::string& arn) {
        return sts(
            "Action=AssumeRoleWithWebIdentity&WebIdentityToken=a-token&RoleSessionName=me&"
            "RoleArn=" +
            arn);
    };
    const HandlerResponse got = assume("arn:aws-cn:iam::111122223333:role/deployer");
    EXPECT_EQ(element(got.body, "Arn"), "arn:aws-cn:sts::111122223333:assumed-role/deployer/me");
    for (const char* arn : {"arn:aws:iam::111122223333:oidc-provider/example.com",
                            "arn:aws:acm::111122223333:role/deployer",
                            "arn:nowhere:iam::111122223333:role/deployer",
                            "111122223333:role/deployer"}) {
        const HandlerResponse refused = assume(arn);
        EXPECT_EQ(element(refused.body, "Code"), "ValidationError") << arn;
        EXPECT_EQ(element(refused.body, "Message"), "Request ARN is invalid");
    }
}

TEST_F(RequestHandlerTest, session_policies_limit_an_assumed_role) {
    handler_.callers().add(SimulatorRole{account(), "deployer", "", ""});
    const std::string get_only =
        R"({"Statement":{"Effect":"Allow","Action":"kms:Get*","Resource":"*"}})";
    handler_.callers().add_managed_policy("arn:aws:iam::111122223333:policy/read",
                                          parse_policy(get_only, PolicyKind::identity).value());
    const auto call_with = [&](const std::string& parameters, std::string_view operation) {
        const HandlerResponse got =
            sts("Action=AssumeRole&RoleArn=arn:aws:iam::111122223333:role/deployer&"
                "RoleSessionName=me" +
                parameters);
        EXPECT_EQ(got.http_status, 200) << got.body;
        SignedRequest request(operation, kDescribe, at(1s).wall);
        request.access_key_id = element(got.body, "AccessKeyId");
        request.secret = element(got.body, "SecretAccessKey");
        request.session_token = element(got.body, "SessionToken");
        request.sign();
        return respond(request.request(), 1s).body;
    };
    const std::string describe_only =
        R"(&Policy={"Statement":{"Effect":"Allow","Action":"kms:Describe*","Resource":"*"}})";
    const std::string read = "&PolicyArns.member.1.arn=arn:aws:iam::111122223333:policy/read";
    EXPECT_THAT(call_with("", "GetKeyPolicy"), HasSubstr("\"Policy\""));
    EXPECT_THAT(call_with(describe_only, "GetKeyPolicy"),
                HasSubstr("because no session policy allows the kms:GetKeyPolicy action"));
    EXPECT_THAT(call_with(describe_only, "DescribeKey"), StartsWith("{\"KeyMetadata\""));
    EXPECT_THAT(call_with(read, "DescribeKey"), HasSubstr("no session policy allows"));
    EXPECT_THAT(call_with(describe_only + read, "GetKeyPolicy"), HasSubstr("\"Policy\""));
}

TEST_F(RequestHandlerTest, invalid_session_policies_are_refused) {
    handler_.callers().add(SimulatorRole{account(), "deployer", "", "a-token"});
    const auto code_of = [&](const std::string& parameters) {
        const std::string role =
            "&RoleArn=arn:aws:iam::111122223333:role/deployer&RoleSessionName=me";
        const HandlerResponse got = sts("Action=AssumeRole" + role + parameters);
        EXPECT_EQ(got.http_status, 400) << got.body;
        EXPECT_EQ(
            sts("Action=AssumeRoleWithWebIdentity&WebIdentityToken=a-token" + role + parameters)
                .http_status,
            400);
        return element(got.body, "Code");
    };
    EXPECT_EQ(code_of("&Policy={"), "MalformedPolicyDocument");
    EXPECT_EQ(code_of(R"(&Policy={"Statement":{"Effect":"Allow","Principal":"*",)"
                      R"("Action":"kms:*","Resource":"*"}})"),
              "MalformedPolicyDocument");
    EXPECT_EQ(code_of("&Policy=" + std::string(2049, 'x')), "ValidationError");
    EXPECT_EQ(code_of("&PolicyArns.member.1.arn=arn:aws:iam::111122223333:policy/none"),
              "ValidationError");
}

TEST_F(RequestHandlerTest, service_control_policies_do_not_bind_the_management_account) {
    handler_.callers().set_service_control_policies(
        policies(R"({"Effect":"Deny","Action":"kms:*","Resource":"*"})"));
    handler_.organizations().use(*parse_organization(R"({"management_account": "444455556666"})"));
    EXPECT_THAT(kms("DescribeKey", kDescribe).body,
                HasSubstr("with an explicit deny in a service control policy"));
    handler_.organizations().use(*parse_organization(R"({"management_account": "111122223333"})"));
    EXPECT_EQ(kms("DescribeKey", kDescribe).http_status, 200);
}

// --------------------------------------------------------------------- credentials of machines

class CredentialEndpointTest : public RequestHandlerTest {
  protected:
    CredentialEndpointTest() {
        handler_.callers().add(SimulatorRole{account(), "deployer", "", "", {}});
    }

    HandlerResponse response_to(std::string_view method,
                                std::string_view target,
                                std::string_view header,
                                std::string_view value) {
        io::SignableRequest request;
        request.method = method;
        request.path = target.substr(0, target.find('?'));
        if (request.path.size() < target.size()) {
            request.query = target.substr(request.path.size() + 1);
        }
        request.headers = {{header, value}};
        return respond(request);
    }
};

TEST_F(CredentialEndpointTest, ec2_requires_a_token_for_role_credentials) {
    constexpr std::string_view kHeader = "x-aws-ec2-metadata-token";
    const std::string path = "/latest/meta-data/iam/security-credentials/";
    const HandlerResponse token =
        response_to("PUT", "/latest/api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600");
    EXPECT_EQ(response_to("GET", path, kHeader, "other").http_status, 401);
    EXPECT_EQ(response_to("GET", path, kHeader, token.body).body, "deployer");
    EXPECT_THAT(response_to("GET", path + "deployer", kHeader, token.body).body,
                AllOf(StartsWith("{\"Code\":\"Success\""),
                      HasSubstr("\"AccessKeyId\":\"ASIA"),
                      HasSubstr("\"Expiration\":\"2027-01-15T09:00:00Z\"")));
    EXPECT_EQ(response_to("GET", path + "other", kHeader, token.body).http_status, 404);
}

TEST_F(CredentialEndpointTest, container_returns_role_credentials) {
    EXPECT_THAT(unsigned_call("GET", "/_keyferry/container/deployer").body,
                StartsWith("{\"AccessKeyId\":\"ASIA"));
    EXPECT_EQ(unsigned_call("GET", "/_keyferry/container/other").http_status, 404);
}

TEST_F(CredentialEndpointTest, identity_center_requires_a_bearer_token) {
    const std::string path = "/federation/credentials?role_name=deployer&account_id=111122223333";
    EXPECT_THAT(response_to("GET", path, "x-amz-sso_bearer_token", "t").body,
                AllOf(HasSubstr("\"roleCredentials\":{\"accessKeyId\":\"ASIA"),
                      HasSubstr("\"expiration\":1800003600000}}")));
    EXPECT_EQ(unsigned_call("GET", path).http_status, 401);
    EXPECT_EQ(
        response_to("GET", "/federation/credentials", "x-amz-sso_bearer_token", "t").http_status,
        404);
}

// ------------------------------------------------------------------------------------ control

TEST_F(RequestHandlerTest, serves_the_ledger) {
    kms("DescribeKey", kDescribe);
    kms("ReplicateKey", kReplicate);
    const HandlerResponse all = unsigned_call("GET", "/_keyferry/ledger");
    EXPECT_EQ(all.http_status, 200);
    EXPECT_THAT(all.body, HasSubstr("\"operation\":\"DescribeKey\""));
    EXPECT_THAT(all.body, HasSubstr("\"effect\":\"replica_created\""));
    const HandlerResponse last = unsigned_call("GET", "/_keyferry/ledger?from=1");
    EXPECT_THAT(last.body, testing::Not(HasSubstr("DescribeKey")));
    EXPECT_THAT(last.body, HasSubstr("ReplicateKey"));
    EXPECT_EQ(unsigned_call("GET", "/_keyferry/ledger?from=2").body, "");
}

TEST_F(RequestHandlerTest, replaces_faults) {
    EXPECT_EQ(unsigned_call("PUT", "/_keyferry/faults", "throttle=1").http_status, 200);
    EXPECT_THAT(kms("DescribeKey", kDescribe).body, HasSubstr("ThrottlingException"));
    EXPECT_EQ(unsigned_call("PUT", "/_keyferry/faults", "").http_status, 200);
    EXPECT_EQ(kms("DescribeKey", kDescribe).http_status, 200);
    const HandlerResponse wrong = unsigned_call("PUT", "/_keyferry/faults", "thunder=1");
    EXPECT_EQ(wrong.http_status, 400);
    EXPECT_THAT(wrong.body, HasSubstr("thunder"));
}

TEST_F(RequestHandlerTest, serves_the_keys) {
    EXPECT_THAT(unsigned_call("GET", "/_keyferry/keys").body, HasSubstr(kKeyIdText));
    EXPECT_EQ(unsigned_call("GET", "/_keyferry/other").http_status, 404);
    EXPECT_EQ(unsigned_call("DELETE", "/_keyferry/keys").http_status, 404);
}

TEST_F(RequestHandlerTest, rejects_unknown_host_names) {
    io::SignableRequest request;
    request.method = "GET";
    request.path = "/_keyferry/keys";
    request.headers = {{"Host", "rebound.test:4566"}};
    const HandlerResponse rejected = handler_.respond(request, at(0s));
    EXPECT_EQ(rejected.http_status, 421);
    EXPECT_THAT(rejected.body, HasSubstr("add --host rebound.test"));
    handler_.allowed_hosts().add("rebound.test");
    EXPECT_EQ(handler_.respond(request, at(0s)).http_status, 200);
}

// -------------------------------------------------------------------------------- time

/// Tests the simulated time, with a virtual clock for the machine.
class SimulatedTimeTest : public RequestHandlerTest {
  protected:
    SimulatedTimeTest() { handler_.allow_time_changes(time_); }
    HandlerResponse call(std::string_view method, std::string_view body = "") {
        io::SignableRequest request;
        request.method = method;
        request.path = "/_keyferry/time";
        request.body = body;
        return handler_.respond(request, time_.now());
    }
    HandlerResponse signed_by(const std::string& operation,
                              const std::string& body,
                              io::WallTime client_time) {
        const SignedRequest request = signed_request(operation, body, client_time);
        return handler_.respond(request.request(), time_.now());
    }

    boost::asio::io_context io_{1};
    io::VirtualClock machine_{io_};
    TimeControl time_{machine_};
};

TEST_F(SimulatedTimeTest, can_be_read_and_changed) {
    EXPECT_EQ(call("GET").body,
              "{\"time\":\"2030-01-01T00:00:00Z\",\"time_ms\":1893456000000,\"rate\":1}\n");
    EXPECT_EQ(call("PUT", "48h,rate=60").body,
              "{\"time\":\"2030-01-03T00:00:00Z\",\"time_ms\":1893628800000,\"rate\":60}\n");
    const HandlerResponse invalid = call("PUT", "soon");
    EXPECT_EQ(invalid.http_status, 400);
    EXPECT_THAT(invalid.body, StartsWith("\"soon\": expected a duration"));
    EXPECT_EQ(call("POST", "1h").http_status, 404);
}

TEST_F(SimulatedTimeTest, governs_the_age_of_signatures) {
    const io::WallTime before = time_.now().wall;
    call("PUT", "48h");
    const HandlerResponse late = signed_by("DescribeKey", std::string(kDescribe), before);
    EXPECT_THAT(late.body, HasSubstr("Signature expired"));
    EXPECT_EQ(signed_by("DescribeKey", std::string(kDescribe), before + 48h).http_status, 200);
}

TEST_F(SimulatedTimeTest, accepts_signatures_for_five_client_minutes_at_every_rate) {
    call("PUT", "rate=3600");
    const io::WallTime before = time_.now().wall;
    machine_.advance(4min);
    EXPECT_EQ(signed_by("DescribeKey", std::string(kDescribe), before).http_status, 200);
    machine_.advance(2min);
    EXPECT_EQ(signed_by("DescribeKey", std::string(kDescribe), before).http_status, 400);
}

TEST_F(SimulatedTimeTest, ends_creation_and_waiting_periods) {
    const std::string replica_of_ireland =
        signed_by("ReplicateKey", std::string(kReplicate), time_.now().wall).body;
    EXPECT_THAT(replica_of_ireland, HasSubstr("Creating"));
    call("PUT", "1m");
    SignedRequest describe("DescribeKey", std::string(kDescribe), time_.now().wall);
    describe.region = "eu-west-1";
    describe.sign();
    EXPECT_THAT(handler_.respond(describe.request(), time_.now()).body, HasSubstr("Enabled"));
}

}  // namespace
}  // namespace keyferry::simulator
