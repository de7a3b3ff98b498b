// SPDX-License-Identifier: Apache-2.0
// Which Regions answer, before anything is made: against the simulator's model, in virtual time.
#include "tools/keyferry/run/region_probe.hpp"

#include "io/clock/virtual_clock.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tools/simulator/service/fault_plan.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class RegionKnockTest : public ::testing::Test {
  protected:
    RegionKnockTest() {
        planner::FleetLoad load = planner::load_fleet(
            "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n"
            "[[group]]\nname = \"g\"\nreplicate_to = [\"eu-west-1\", \"us-west-2\"]\n"
            "keys = [\"mrk-11111111111111111111111111111111\", "
            "\"mrk-22222222222222222222222222222222\"]\npolicy = \"default\"\n",
            "fleet.toml",
            [](const std::string&) -> io::Parsed<planner::FileText> {
                return io::ParseProblem{"no files here"};
            });
        plan_ = std::move(load.plan.value());
    }

    /// "eu-west-1 answers", ...
    std::vector<std::string> probe(const std::string& faults,
                                   std::chrono::milliseconds kms_ahead = 0ms) {
        simulator::SimulatorSettings settings;
        settings.faults = simulator::parse_faults(faults).value();
        simulator::SimulatedKms kms(settings);
        for (const planner::PlannedKey& key : plan_.keys) {
            EXPECT_TRUE(kms.model().add_primary_key(key.primary));
        }
        simulator::SimulatorClientSettings client_settings;
        client_settings.clock_ahead = kms_ahead;
        simulator::SimulatorKmsClient client(kms, clock_, client_settings);
        // Time passes as long as somebody waits.
        std::function<void()> tick = [&] {
            clock_.advance(10ms);
            boost::asio::post(io_, tick);
        };
        boost::asio::post(io_, tick);
        knocks_ = probe_regions(plan_, client, io_, clock_);
        std::vector<std::string> said;
        for (const RegionProbe& one : knocks_) {
            said.push_back(one.place.region.name() + " " + std::string(name_of(one.result)));
        }
        return said;
    }

    planner::Plan plan_;
    boost::asio::io_context io_{1};
    io::VirtualClock clock_{io_};
    std::vector<RegionProbe> knocks_;
};

TEST_F(RegionKnockTest, asks_where_primaries_are_and_where_replicas_go) {
    EXPECT_THAT(probe(""),
                ElementsAre("eu-west-1 answers", "us-east-1 answers", "us-west-2 answers"));
}

TEST_F(RegionKnockTest, takes_a_refusal_of_rights_for_an_answer) {
    EXPECT_THAT(probe("eu-west-1/denied=1,us-west-2/throttle=1"),
                ElementsAre("eu-west-1 answers", "us-east-1 answers", "us-west-2 answers"));
}

TEST_F(RegionKnockTest, says_which_region_is_silent_and_how) {
    EXPECT_THAT(probe("us-west-2/down=1"),
                ElementsAre("eu-west-1 answers", "us-east-1 answers", "us-west-2 silent"));
    EXPECT_NE(knocks_[2].message, "");
}

TEST_F(RegionKnockTest, compares_the_clocks) {
    probe("", 5min);
    for (const RegionProbe& one : knocks_) {
        ASSERT_TRUE(one.kms_ahead);
        EXPECT_GT(*one.kms_ahead, 5min - 2s);
        EXPECT_LT(*one.kms_ahead, 5min + 2s);
    }
}

}  // namespace
}  // namespace keyferry::cli
