// SPDX-License-Identifier: Apache-2.0
#include "io/account/list_regions.hpp"

#include "io/clock/virtual_clock.hpp"
#include "tests/support/run_to_end.hpp"
#include "tests/support/scripted_server.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;
namespace asio = boost::asio;

class ListRegionsTest : public ::testing::Test {
  protected:
    /// Returns the result of list_regions() for these server responses, one per request.
    std::optional<RegionOptIns> ask(std::vector<std::string> responses) {
        server_.then([this, responses](test::ScriptedPeer& peer) -> asio::awaitable<void> {
            for (const std::string& response : responses) {
                requests_.push_back(co_await peer.request());
                co_await peer.send(response);
            }
        });
        auto credentials = std::make_shared<Credentials>();
        credentials->access_key_id = "AKIDEXAMPLE";
        credentials->secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        credentials->session_token = Secret("the-session-token");
        HttpClient client(io_, clock_, HttpSettings());
        return test::run_to_end(
            io_,
            list_regions(client.target(HttpOrigin(false, "127.0.0.1", server_.port())),
                         Endpoint(true, "account.us-east-1.amazonaws.com", 443, "/"),
                         credentials,
                         Region::parse("us-east-1").value(),
                         std::chrono::sys_seconds(std::chrono::seconds(1'440'938'160))));
    }

    asio::io_context io_{1};
    VirtualClock clock_{io_};
    test::ScriptedServer server_{io_};
    std::vector<std::string> requests_;
};

TEST_F(ListRegionsTest, signs_a_request_for_account_management) {
    ask({test::http_response("200 OK", R"({"Regions":[]})")});
    ASSERT_EQ(requests_.size(), 1U);
    EXPECT_THAT(requests_[0], StartsWith("POST /listRegions HTTP/1.1\r\n"));
    EXPECT_THAT(requests_[0], HasSubstr("\r\nHost: account.us-east-1.amazonaws.com\r\n"));
    EXPECT_THAT(requests_[0], HasSubstr("\r\nX-Amz-Date: 20150830T123600Z\r\n"));
    EXPECT_THAT(requests_[0],
                HasSubstr("Credential=AKIDEXAMPLE/20150830/us-east-1/account/aws4_request, "
                          "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "));
    EXPECT_THAT(requests_[0], HasSubstr("\r\n\r\n{\"MaxResults\":50}"));
}

TEST_F(ListRegionsTest, reads_known_statuses_and_skips_unknown_ones) {
    const auto regions = ask({test::http_response(
        "200 OK",
        R"({"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"},)"
        R"({"RegionName":"af-south-1","RegionOptStatus":"ENABLED"},)"
        R"({"RegionName":"ap-east-1","RegionOptStatus":"ENABLING"},)"
        R"({"RegionName":"ap-east-2","RegionOptStatus":"DISABLING"},)"
        R"({"RegionName":"ca-west-1","RegionOptStatus":"DISABLED"},)"
        R"({"RegionName":"me-west-1","RegionOptStatus":"DREAMING"},7]})")});
    ASSERT_TRUE(regions);
    EXPECT_THAT(*regions,
                ElementsAre(Pair("af-south-1", RegionOptIn::enabled),
                            Pair("ap-east-1", RegionOptIn::enabling),
                            Pair("ap-east-2", RegionOptIn::disabling),
                            Pair("ca-west-1", RegionOptIn::disabled),
                            Pair("us-east-1", RegionOptIn::enabled)));
}

TEST_F(ListRegionsTest, reads_all_pages) {
    const auto regions = ask(
        {test::http_response("200 OK",
                             R"({"Regions":[{"RegionName":"a-b-1","RegionOptStatus":"ENABLED"}],)"
                             R"("NextToken":"more\"of it"})"),
         test::http_response(
             "200 OK", R"({"Regions":[{"RegionName":"a-b-2","RegionOptStatus":"DISABLED"}]})")});
    ASSERT_TRUE(regions);
    EXPECT_EQ(regions->size(), 2U);
    EXPECT_THAT(requests_.at(1), HasSubstr(R"("NextToken":"more\"of it")"));
}

TEST_F(ListRegionsTest, returns_nullopt_on_failure) {
    EXPECT_FALSE(ask({test::http_response("403 Forbidden", R"({"message":"no"})")}));
    for (const char* body : {"", "[]", "{}", R"({"Regions":{}})", R"({"Regions":)"}) {
        EXPECT_FALSE(ask({test::http_response("200 OK", body)})) << body;
    }
    EXPECT_FALSE(ask({}));
}

TEST_F(ListRegionsTest, limits_the_number_of_pages) {
    const std::string page = test::http_response("200 OK", R"({"Regions":[],"NextToken":"again"})");
    EXPECT_FALSE(ask(std::vector<std::string>(20, page)));
    EXPECT_EQ(requests_.size(), 10U);
}

}  // namespace
}  // namespace keyferry::io
