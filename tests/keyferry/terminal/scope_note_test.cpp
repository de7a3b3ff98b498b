// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/scope_note.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

namespace keyferry::cli {
namespace {

engine::ScopeNews news(engine::CircuitBreaker::State state) {
    engine::ScopeNews news{engine::FailureScope::replicas,
                           io::AccountRegion(io::AccountId::parse("111122223333").value(),
                                             io::Region::parse("eu-west-1").value()),
                           std::nullopt,
                           state,
                           engine::FailureClass::key_quota,
                           5,
                           "LimitExceededException",
                           "Key quota for this account in this region is 7"};
    news.probe_in = std::chrono::seconds(30);
    return news;
}

TEST(ScopeMessage, names_region_quota_response_and_remedy) {
    const std::string message = scope_message(news(engine::CircuitBreaker::State::parked));
    for (const char* part : {"replicas in eu-west-1 (account 111122223333): parked",
                             "KMS key quota used up",
                             "5 failures in a row",
                             "LimitExceededException: Key quota for this account",
                             "Next probe in 30",
                             "other calls continue",
                             "Service Quotas"}) {
        EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
    }
}

TEST(ScopeMessage, says_that_no_calls_are_sent_to_an_abandoned_region) {
    const std::string message = scope_message(news(engine::CircuitBreaker::State::abandoned));
    EXPECT_NE(message.find(": abandoned, KMS key quota used up"), std::string::npos);
    EXPECT_NE(message.find("until the command is run again"), std::string::npos);
}

TEST(ScopeMessage, reports_resumed_region) {
    EXPECT_EQ(scope_message(news(engine::CircuitBreaker::State::closed)),
              "replicas in eu-west-1 (account 111122223333): resumed");
}

TEST(ScopeMessage, writes_one_json_object) {
    const auto object =
        boost::json::parse(scope_json(news(engine::CircuitBreaker::State::parked))).as_object();
    const auto& region = object.at("region").as_object();
    EXPECT_EQ(region.at("region"), "eu-west-1");
    EXPECT_EQ(region.at("state"), "parked");
    EXPECT_EQ(region.at("failures"), 5);
    EXPECT_EQ(region.at("probe_in_s"), 30.0);
}

}  // namespace
}  // namespace keyferry::cli
