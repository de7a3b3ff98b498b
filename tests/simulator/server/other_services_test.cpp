// SPDX-License-Identifier: Apache-2.0
// Tests AWS Organizations, Service Quotas and the renewal of SSO tokens.
#include "tests/simulator/support/example_keys.hpp"
#include "tests/simulator/support/signed_request.hpp"
#include "tools/simulator/server/request_handler.hpp"
#include "tools/simulator/server/sso_token.hpp"

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
using testing::Not;

TEST(JsonPageTest, pages_cover_the_list_once) {
    JsonPageRule rule;
    rule.items = 7;
    rule.page_size = 3;
    std::size_t next = 0;
    std::string token;
    do {
        const auto page = page_at(token, rule);
        ASSERT_TRUE(page);
        EXPECT_EQ(page->begin, next);
        next = page->end;
        token = page->next_token;
    } while (!token.empty());
    EXPECT_EQ(next, 7U);
}

TEST(JsonPageTest, every_other_page_can_be_empty) {
    JsonPageRule rule;
    rule.items = 2;
    rule.page_size = 2;
    rule.has_empty_pages = true;
    const auto empty = page_at("", rule);
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->end, 0U);
    const auto full = page_at(empty->next_token, rule);
    ASSERT_TRUE(full);
    EXPECT_EQ(full->end, 2U);
    EXPECT_EQ(full->next_token, "");
}

TEST(JsonPageTest, unknown_tokens_are_refused) {
    JsonPageRule rule;
    rule.items = 1;
    rule.page_size = 1;
    for (const char* token : {"x", "cGFnZTo=", "cGFnZTo5Zg==", "cGFnZTotMWY="}) {
        EXPECT_FALSE(page_at(token, rule)) << token;
    }
}

class OtherServicesTest : public testing::Test {
  protected:
    OtherServicesTest() { handler_.callers().add(example_identity()); }

    HandlerResponse call(std::string_view service,
                         std::string_view target,
                         std::string_view body,
                         std::chrono::nanoseconds when = 0s) {
        SignedRequest request("", body, at(when).wall);
        request.call_service(service, target);
        request.sign();
        return handler_.respond(request.request(), at(when));
    }
    HandlerResponse organizations(std::string_view operation,
                                  std::string_view body = "{}",
                                  std::chrono::nanoseconds when = 0s) {
        return call(
            "organizations", "AWSOrganizationsV20161128." + std::string(operation), body, when);
    }
    HandlerResponse quotas(std::string_view operation, std::string_view body) {
        return call("servicequotas", "ServiceQuotasV20190624." + std::string(operation), body);
    }
    /// The status of a request to IAM Identity Center for credentials of the role "deployer".
    int sso_status(const std::string& token, std::chrono::nanoseconds when) {
        handler_.callers().add(SimulatorRole{account(), "deployer", "", ""});
        io::SignableRequest request;
        request.method = "GET";
        request.path = "/federation/credentials";
        request.query = "account_id=111122223333&role_name=deployer";
        request.headers = {{"x-amz-sso_bearer_token", token}};
        return handler_.respond(request, at(when)).http_status;
    }
    void use(std::string_view text) { handler_.organizations().use(*parse_organization(text)); }

    SimulatedKms kms_{SimulatorSettings{}};
    RequestHandler handler_{kms_};
};

TEST_F(OtherServicesTest, without_an_organization_nothing_can_be_listed) {
    const HandlerResponse response = organizations("ListAccounts");
    EXPECT_EQ(response.http_status, 400);
    EXPECT_THAT(response.body, HasSubstr("AWSOrganizationsNotInUseException"));
    EXPECT_EQ(kms_.ledger().entries().back().code, "AWSOrganizationsNotInUseException");
}

TEST_F(OtherServicesTest, member_accounts_may_describe_but_not_list) {
    use(R"({"management_account": "444455556666", "accounts": [{"id": "111122223333"}]})");
    EXPECT_EQ(organizations("DescribeOrganization").http_status, 200);
    EXPECT_THAT(organizations("ListAccounts").body, HasSubstr("AccessDeniedException"));
}

TEST_F(OtherServicesTest, accounts_of_a_unit_are_listed) {
    use(R"({"management_account": "111122223333",
            "accounts": [{"id": "444455556666", "name": "cards", "unit": "prod"}]})");
    const auto organization = *parse_organization(R"({"management_account": "111122223333",
            "accounts": [{"id": "444455556666", "name": "cards", "unit": "prod"}]})");
    const std::string parent = R"({"ParentId":")" + organization.units[0].id + R"("})";
    EXPECT_THAT(organizations("ListAccountsForParent", parent).body,
                AllOf(HasSubstr(R"("Id":"444455556666")"), Not(HasSubstr("111122223333\",\"Arn"))));
    EXPECT_THAT(organizations("ListAccountsForParent", R"({"ParentId":"r-none"})").body,
                HasSubstr("ParentNotFoundException"));
}

TEST_F(OtherServicesTest, too_many_requests_in_a_second_are_throttled) {
    use(R"({"management_account": "111122223333", "requests_per_second": 1})");
    EXPECT_EQ(organizations("ListRoots").http_status, 200);
    EXPECT_THAT(organizations("ListRoots").body, HasSubstr("TooManyRequestsException"));
    EXPECT_EQ(organizations("ListAccounts").http_status, 200);
    EXPECT_EQ(organizations("ListRoots", "{}", 2s).http_status, 200);
}

TEST_F(OtherServicesTest, returns_the_quotas_that_apply) {
    kms_.quotas().set("111122223333", "us-east-1", io::KmsApi::replicate_key, 50);
    EXPECT_THAT(quotas("ListServiceQuotas", R"({"ServiceCode":"kms"})").body,
                HasSubstr(R"("QuotaName":"ReplicateKey request rate","Value":50.0)"));
    for (const char* size : {"0", "101"}) {
        const std::string body = R"({"ServiceCode":"kms","MaxResults":)" + std::string(size) + "}";
        EXPECT_THAT(quotas("ListServiceQuotas", body).body, HasSubstr("IllegalArgumentException"));
    }
    EXPECT_THAT(quotas("GetServiceQuota", R"({"ServiceCode":"kms","QuotaCode":"L-C2F1777E"})").body,
                HasSubstr(R"("Value":100000.0)"));
    EXPECT_THAT(quotas("GetServiceQuota", R"({"ServiceCode":"kms","QuotaCode":"L-00000000"})").body,
                HasSubstr("NoSuchResourceException"));
}

TEST_F(OtherServicesTest, requests_must_be_signed_for_the_service) {
    EXPECT_THAT(call("kms", "AWSOrganizationsV20161128.ListRoots", "{}").body,
                HasSubstr("Exception"));
    EXPECT_THAT(organizations("ListRoots", "not JSON").body, HasSubstr("SerializationException"));
    EXPECT_THAT(organizations("CreateAccount").body, HasSubstr("UnknownOperationException"));
}

TEST_F(OtherServicesTest, renewed_sso_tokens_expire_after_an_hour) {
    io::SignableRequest request;
    request.method = "POST";
    request.path = "/token";
    request.body = R"({"clientId":"a","clientSecret":"b","grantType":"refresh_token",)"
                   R"("refreshToken":"simulated-refresh-token"})";
    const HandlerResponse response = handler_.respond(request, at(0s));
    EXPECT_EQ(response.http_status, 200);
    const std::size_t begin = response.body.find("simulated-access-token-");
    const std::string token = response.body.substr(begin, response.body.find('"', begin) - begin);
    EXPECT_EQ(sso_status(token, 3599s), 200);
    EXPECT_EQ(sso_status(token, 3600s), 401);
}

TEST_F(OtherServicesTest, other_sso_tokens_expire_an_hour_after_their_first_use) {
    EXPECT_EQ(sso_status("from-a-browser", 1h), 200);
    EXPECT_EQ(sso_status("from-a-browser", 2h - 1s), 200);
    EXPECT_EQ(sso_status("from-a-browser", 2h), 401);
    EXPECT_EQ(sso_status("another", 2h), 200);
    EXPECT_EQ(sso_status("simulated-access-token-", 2h), 401);
    EXPECT_EQ(sso_status("", 2h), 401);
}

TEST_F(OtherServicesTest, renewals_of_sso_tokens_are_throttled) {
    const auto renew = [&](std::chrono::nanoseconds when) {
        io::SignableRequest request;
        request.method = "POST";
        request.path = "/token";
        request.body = R"({"clientId":"a","clientSecret":"b","grantType":"refresh_token",)"
                       R"("refreshToken":"simulated-refresh-token"})";
        return handler_.respond(request, at(when));
    };
    for (std::uint32_t i = 0; i < SsoTokens::kRequestsPerSecondMax; ++i) {
        EXPECT_EQ(renew(0s).http_status, 200);
    }
    const HandlerResponse throttled = renew(0s);
    EXPECT_EQ(throttled.http_status, 400);
    EXPECT_THAT(throttled.body,
                AllOf(HasSubstr("SlowDownException"), HasSubstr(R"("error":"slow_down")")));
    EXPECT_EQ(renew(1s).http_status, 200);
}

TEST_F(OtherServicesTest, requests_for_quotas_are_throttled) {
    const std::string get = R"({"ServiceCode":"kms","QuotaCode":"L-C2F1777E"})";
    const auto status_of = [&](std::string_view operation, std::chrono::nanoseconds when) {
        return call("servicequotas", "ServiceQuotasV20190624." + std::string(operation), get, when)
            .http_status;
    };
    for (int i = 0; i < 10; ++i) {  // five, and a burst of five
        EXPECT_EQ(status_of("GetServiceQuota", 0s), 200);
    }
    EXPECT_THAT(quotas("GetServiceQuota", get).body, HasSubstr("TooManyRequestsException"));
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(status_of("ListServiceQuotas", 0s), 200) << "each operation has its own quota";
    }
    EXPECT_EQ(status_of("ListServiceQuotas", 0s), 400);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(status_of("GetServiceQuota", 1s), 200);
    }
    EXPECT_EQ(status_of("GetServiceQuota", 1s), 400);
}

TEST_F(OtherServicesTest, instance_metadata_requires_a_token_that_has_not_expired) {
    handler_.callers().add(SimulatorRole{account(), "deployer", "", ""});
    const auto call_imds = [&](std::string_view method,
                               std::string_view path,
                               const io::SignableHeader& header,
                               std::chrono::nanoseconds when) {
        io::SignableRequest request;
        request.method = method;
        request.path = path;
        request.headers = {header};
        return handler_.respond(request, at(when));
    };
    const auto token = [&](std::string_view life_s) {
        return call_imds(
            "PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds", life_s}, 0s);
    };
    for (const char* life_s : {"0", "21601", "-1", "x"}) {
        EXPECT_EQ(token(life_s).http_status, 400) << life_s;
    }
    const std::string granted = token("60").body;
    const auto status_at = [&](std::chrono::nanoseconds when) {
        return call_imds("GET",
                         "/latest/meta-data/iam/security-credentials/",
                         {"X-aws-ec2-metadata-token", granted},
                         when)
            .http_status;
    };
    EXPECT_EQ(status_at(59s), 200);
    EXPECT_EQ(status_at(60s), 401);
}

TEST_F(OtherServicesTest, unknown_refresh_tokens_are_refused) {
    io::SignableRequest request;
    request.method = "POST";
    request.path = "/token";
    request.body = R"({"clientId":"a","clientSecret":"b","grantType":"refresh_token",)"
                   R"("refreshToken":"other"})";
    EXPECT_THAT(handler_.respond(request, at(0s)).body, HasSubstr("InvalidGrantException"));
}

}  // namespace
}  // namespace keyferry::simulator
