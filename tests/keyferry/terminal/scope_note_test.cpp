// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/scope_note.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

namespace keyferry::cli {
namespace {

using State = engine::CircuitBreaker::State;

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
                             "key quota exhausted",
                             "5 failures in a row",
                             "LimitExceededException: Key quota for this account",
                             "Next probe in 30",
                             "other calls continue",
                             "Service Quotas"}) {
        EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
    }
}

TEST(ScopeMessage, states_that_no_calls_are_sent_to_an_abandoned_region) {
    const std::string message = scope_message(news(engine::CircuitBreaker::State::abandoned));
    EXPECT_NE(message.find(": abandoned, key quota exhausted"), std::string::npos);
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

engine::ScopeNews news_of(engine::FailureScope scope, engine::FailureClass reason, State state) {
    engine::ScopeNews item = news(state);
    item.scope = scope;
    item.reason = reason;
    if (scope == engine::FailureScope::pair) {
        item.primary_region = io::Region::parse("us-east-1").value();
    }
    return item;
}

TEST(ScopeMessage, names_an_account_and_not_a_region_for_lost_credentials) {
    const std::string message = scope_message(news_of(
        engine::FailureScope::account, engine::FailureClass::no_credentials, State::parked));
    EXPECT_EQ(message.find("account 111122223333: parked, no credentials (5 failures in a row"), 0U)
        << message;
    EXPECT_EQ(message.find("eu-west-1"), std::string::npos) << message;
    EXPECT_NE(message.find("log in again"), std::string::npos) << message;
}

TEST(ScopeMessage, advises_to_renew_refused_credentials) {
    const std::string message = scope_message(news_of(
        engine::FailureScope::account, engine::FailureClass::bad_credentials, State::abandoned));
    EXPECT_EQ(message.find("account 111122223333: abandoned, credentials refused"), 0U) << message;
    EXPECT_NE(message.find("renew the credentials of this account, then run the same command"),
              std::string::npos)
        << message;
}

TEST(ScopeMessage, names_an_endpoint_by_region_and_account) {
    const std::string message = scope_message(
        news_of(engine::FailureScope::endpoint, engine::FailureClass::unreachable, State::parked));
    EXPECT_EQ(message.find("KMS in eu-west-1 (account 111122223333): parked, unreachable"), 0U)
        << message;
    EXPECT_NE(message.find("check the network"), std::string::npos) << message;
}

TEST(ScopeMessage, names_both_regions_of_a_pair) {
    const std::string message = scope_message(
        news_of(engine::FailureScope::pair, engine::FailureClass::timeout, State::parked));
    EXPECT_EQ(message.find("replicas in eu-west-1 of keys in us-east-1 (account 111122223333): "
                           "parked, no response in time"),
              0U)
        << message;
    EXPECT_NE(message.find("AWS Health Dashboard"), std::string::npos) << message;
}

TEST(ScopeMessage, counts_a_single_failure_as_one) {
    engine::ScopeNews item = news_of(
        engine::FailureScope::account, engine::FailureClass::bad_credentials, State::abandoned);
    item.failures = 1;
    EXPECT_NE(scope_message(item).find("(1 failure in a row"), std::string::npos);
}

boost::json::object json_of(const engine::ScopeNews& item) {
    return boost::json::parse(scope_json(item)).as_object().at("region").as_object();
}

TEST(ScopeJson, has_no_region_for_an_account) {
    const boost::json::object region = json_of(news_of(
        engine::FailureScope::account, engine::FailureClass::bad_credentials, State::abandoned));
    EXPECT_EQ(region.at("about"), "account");
    EXPECT_EQ(region.at("account"), "111122223333");
    EXPECT_FALSE(region.contains("region"));
    EXPECT_FALSE(region.contains("primary_region"));
    EXPECT_EQ(region.at("state"), "abandoned");
}

TEST(ScopeJson, has_the_region_of_an_endpoint) {
    const boost::json::object region = json_of(
        news_of(engine::FailureScope::endpoint, engine::FailureClass::unreachable, State::closed));
    EXPECT_EQ(region.at("about"), "endpoint");
    EXPECT_EQ(region.at("region"), "eu-west-1");
    EXPECT_FALSE(region.contains("primary_region"));
    EXPECT_EQ(region.at("state"), "open");
}

TEST(ScopeJson, has_both_regions_of_a_pair) {
    const boost::json::object region =
        json_of(news_of(engine::FailureScope::pair, engine::FailureClass::timeout, State::parked));
    EXPECT_EQ(region.at("about"), "pair");
    EXPECT_EQ(region.at("region"), "eu-west-1");
    EXPECT_EQ(region.at("primary_region"), "us-east-1");
    EXPECT_EQ(region.at("message"),
              "LimitExceededException: Key quota for this account in this region is 7");
}

}  // namespace
}  // namespace keyferry::cli
