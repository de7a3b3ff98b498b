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
    /// What comes of it when the server answers so, one answer a request.
    std::optional<RegionOptIns> ask(std::vector<std::string> answers) {
        server_.then([this, answers](test::ScriptedPeer& peer) -> asio::awaitable<void> {
            for (const std::string& answer : answers) {
                requests_.push_back(co_await peer.request());
                co_await peer.send(answer);
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
    ask({test::http_answer("200 OK", R"({"Regions":[]})")});
    ASSERT_EQ(requests_.size(), 1U);
    EXPECT_THAT(requests_[0], StartsWith("POST /listRegions HTTP/1.1\r\n"));
    EXPECT_THAT(requests_[0], HasSubstr("\r\nHost: account.us-east-1.amazonaws.com\r\n"));
    EXPECT_THAT(requests_[0], HasSubstr("\r\nX-Amz-Date: 20150830T123600Z\r\n"));
    EXPECT_THAT(requests_[0],
                HasSubstr("Credential=AKIDEXAMPLE/20150830/us-east-1/account/aws4_request, "
                          "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "));
    EXPECT_THAT(requests_[0], HasSubstr("\r\n\r\n{\"MaxResults\":50}"));
}

TEST_F(ListRegionsTest, reads_every_status_and_passes_over_those_that_nobody_knows) {
    const auto regions = ask({test::http_answer(
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

TEST_F(ListRegionsTest, goes_on_to_the_last_page) {
    const auto regions = ask(
        {test::http_answer("200 OK",
                           R"({"Regions":[{"RegionName":"a-b-1","RegionOptStatus":"ENABLED"}],)"
                           R"("NextToken":"more\"of it"})"),
         test::http_answer(
             "200 OK", R"({"Regions":[{"RegionName":"a-b-2","RegionOptStatus":"DISABLED"}]})")});
    ASSERT_TRUE(regions);
    EXPECT_EQ(regions->size(), 2U);
    EXPECT_THAT(requests_.at(1), HasSubstr(R"("NextToken":"more\"of it")"));
}

TEST_F(ListRegionsTest, says_nothing_where_nothing_is_known) {
    EXPECT_FALSE(ask({test::http_answer("403 Forbidden", R"({"message":"no"})")}));
    for (const char* body : {"", "[]", "{}", R"({"Regions":{}})", R"({"Regions":)"}) {
        EXPECT_FALSE(ask({test::http_answer("200 OK", body)})) << body;
    }
    EXPECT_FALSE(ask({}));
}

TEST_F(ListRegionsTest, does_not_follow_a_list_without_an_end) {
    const std::string page = test::http_answer("200 OK", R"({"Regions":[],"NextToken":"again"})");
    EXPECT_FALSE(ask(std::vector<std::string>(20, page)));
    EXPECT_EQ(requests_.size(), 10U);
}

}  // namespace
}  // namespace keyferry::io
