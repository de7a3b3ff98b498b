// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/gate_note.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

namespace keyferry::cli {
namespace {

engine::GateNews news(engine::Breaker::State state) {
    engine::GateNews news{engine::GateKind::replicas,
                          io::AccountRegion(io::AccountId::parse("111122223333").value(),
                                            io::Region::parse("eu-west-1").value()),
                          std::nullopt,
                          state,
                          engine::FailureClass::key_quota,
                          5,
                          "LimitExceededException: Key quota for this account in this region is 7"};
    news.probe_in = std::chrono::seconds(30);
    return news;
}

TEST(GateMessage, names_region_quota_response_and_remedy) {
    const std::string message = gate_message(news(engine::Breaker::State::parked));
    for (const char* part : {"replicas in eu-west-1 (account 111122223333): parked",
                             "KMS key quota used up",
                             "5 failures in a row",
                             "LimitExceededException: Key quota for this account",
                             "Next probe in 30",
                             "other jobs continue",
                             "Service Quotas"}) {
        EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
    }
}

TEST(GateMessage, says_that_a_rerun_continues_an_abandoned_region) {
    const std::string message = gate_message(news(engine::Breaker::State::given_up));
    EXPECT_NE(message.find("abandoned for this run"), std::string::npos);
    EXPECT_NE(message.find("A rerun continues its jobs"), std::string::npos);
}

TEST(GateMessage, reports_resumed_region) {
    EXPECT_EQ(gate_message(news(engine::Breaker::State::closed)),
              "replicas in eu-west-1 (account 111122223333): resumed");
}

TEST(GateMessage, writes_one_json_object) {
    const auto object =
        boost::json::parse(gate_json(news(engine::Breaker::State::parked))).as_object();
    const auto& region = object.at("region").as_object();
    EXPECT_EQ(region.at("region"), "eu-west-1");
    EXPECT_EQ(region.at("state"), "parked");
    EXPECT_EQ(region.at("failures"), 5);
    EXPECT_EQ(region.at("probe_in_s"), 30.0);
}

}  // namespace
}  // namespace keyferry::cli
