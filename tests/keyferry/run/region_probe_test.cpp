// SPDX-License-Identifier: Apache-2.0
// Tests the Region probes with the simulator, in virtual time.
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

class RegionProbeTest : public ::testing::Test {
  protected:
    RegionProbeTest() {
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

    /// Returns lines such as "eu-west-1 responds".
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
        // Time advances while a coroutine waits.
        std::function<void()> tick = [&] {
            clock_.advance(10ms);
            boost::asio::post(io_, tick);
        };
        boost::asio::post(io_, tick);
        probes_ = probe_regions(plan_, client, io_, clock_);
        std::vector<std::string> results;
        for (const RegionProbe& one : probes_) {
            results.push_back(one.place.region.name() + " " + std::string(name_of(one.result)));
        }
        return results;
    }

    planner::Plan plan_;
    boost::asio::io_context io_{1};
    io::VirtualClock clock_{io_};
    std::vector<RegionProbe> probes_;
};

TEST_F(RegionProbeTest, probes_regions_of_primaries_and_replicas) {
    EXPECT_THAT(probe(""),
                ElementsAre("eu-west-1 responds", "us-east-1 responds", "us-west-2 responds"));
}

TEST_F(RegionProbeTest, probes_every_account) {
    planner::PlannedKey other = plan_.keys.back();
    other.primary.account = io::AccountId::parse("444455556666").value();
    plan_.keys.push_back(other);
    planner::Job job = plan_.jobs.back();
    job.key = static_cast<std::uint32_t>(plan_.keys.size() - 1);
    plan_.jobs.push_back(job);
    EXPECT_EQ(probe("").size(), 5U) << "two Regions of the second account";
    EXPECT_EQ(probes_.back().place.account.digits(), "444455556666");
}

TEST_F(RegionProbeTest, treats_access_denied_as_responding) {
    EXPECT_THAT(probe("eu-west-1/denied=1,us-west-2/throttle=1"),
                ElementsAre("eu-west-1 responds", "us-east-1 responds", "us-west-2 responds"));
}

TEST_F(RegionProbeTest, names_region_without_response_and_cause) {
    EXPECT_THAT(probe("us-west-2/down=1"),
                ElementsAre("eu-west-1 responds", "us-east-1 responds", "us-west-2 no response"));
    EXPECT_NE(probes_[2].message, "");
}

TEST_F(RegionProbeTest, compares_clocks) {
    probe("", 5min);
    for (const RegionProbe& one : probes_) {
        ASSERT_TRUE(one.kms_ahead);
        EXPECT_GT(*one.kms_ahead, 5min - 2s);
        EXPECT_LT(*one.kms_ahead, 5min + 2s);
    }
}

}  // namespace
}  // namespace keyferry::cli
