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

TEST(GateNote, names_the_region_the_quota_what_kms_said_and_what_to_do) {
    const std::string note = gate_note(news(engine::Breaker::State::parked));
    for (const char* part : {"replicas in eu-west-1 (account 111122223333): parked",
                             "KMS key quota used up",
                             "5 refusals in a row",
                             "LimitExceededException: Key quota for this account",
                             "A probe goes out in 30",
                             "what does not need it goes on",
                             "Service Quotas"}) {
        EXPECT_NE(note.find(part), std::string::npos) << part << "\n" << note;
    }
}

TEST(GateNote, says_that_a_region_that_was_given_up_is_left_to_a_rerun) {
    const std::string note = gate_note(news(engine::Breaker::State::given_up));
    EXPECT_NE(note.find("given up for this run"), std::string::npos);
    EXPECT_NE(note.find("left to a rerun"), std::string::npos);
}

TEST(GateNote, says_so_when_a_region_goes_on) {
    EXPECT_EQ(gate_note(news(engine::Breaker::State::closed)),
              "replicas in eu-west-1 (account 111122223333): goes on");
}

TEST(GateNote, is_one_json_object_for_programs) {
    const auto object =
        boost::json::parse(gate_json(news(engine::Breaker::State::parked))).as_object();
    const auto& region = object.at("region").as_object();
    EXPECT_EQ(region.at("region"), "eu-west-1");
    EXPECT_EQ(region.at("state"), "parked");
    EXPECT_EQ(region.at("refusals"), 5);
    EXPECT_EQ(region.at("probe_in_s"), 30.0);
}

}  // namespace
}  // namespace keyferry::cli
