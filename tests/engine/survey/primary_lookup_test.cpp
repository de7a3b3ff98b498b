// SPDX-License-Identifier: Apache-2.0
// Locating the primaries of a plan with the KMS simulator in virtual time.
#include "engine/survey/primary_lookup.hpp"

#include "engine/survey/survey.hpp"
#include "io/clock/virtual_clock.hpp"
#include "planner/fleet/moved_primaries.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_work.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace keyferry::engine {
namespace {

class LocatedFleet {
  public:
    explicit LocatedFleet(int keys, const simulator::SimulatorSettings& settings = quiet())
        : kms_(settings) {
        std::string listed;
        for (int number = 1; number <= keys; ++number) {
            listed += fmt::format("\"mrk-{:032x}\",", number);
        }
        planner::FleetLoad load = planner::load_fleet(
            "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n"
            "[[group]]\nname = \"g\"\npolicy = \"default\"\n"
            "replicate_to = [\"eu-west-1\", \"us-west-2\"]\nkeys = [" +
                listed + "]\n",
            "test.toml",
            [](const std::string&) -> io::Parsed<planner::FileText> {
                return io::ParseProblem{"no files here"};
            });
        plan_ = std::move(load.plan.value());
    }

    simulator::KmsModel& model() { return kms_.model(); }
    planner::Plan& plan() { return plan_; }
    static io::Region region(const std::string& name) { return io::Region::parse(name).value(); }

    static io::KeyArn arn(int number, const std::string& name) {
        return io::KeyArn::parse(
                   fmt::format("arn:aws:kms:{}:111122223333:key/mrk-{:032x}", name, number))
            .value();
    }

    std::vector<planner::SelectedKey> locate(const std::vector<planner::SelectedKey>& found = {}) {
        boost::asio::io_context io{1};
        io::VirtualClock clock(io);
        simulator::SimulatorKmsClient client(kms_, clock, simulator::SimulatorClientSettings{});
        RepeatableCalls reads(plan_.settings, client, clock, io.get_executor(), 1);
        PrimaryLookup lookup(plan_, reads, found);
        run_work(io, clock, lookup.run());
        calls_ = reads.calls();
        EXPECT_EQ(lookup.keys_seen(), lookup.keys());
        std::vector<planner::SelectedKey> described = lookup.take_described();
        std::sort(described.begin(), described.end(), [](const auto& a, const auto& b) {
            return a.primary.key_id < b.primary.key_id;
        });
        return described;
    }

    planner::Inventory survey(const std::vector<planner::SelectedKey>& found) {
        boost::asio::io_context io{1};
        io::VirtualClock clock(io);
        simulator::SimulatorKmsClient client(kms_, clock, simulator::SimulatorClientSettings{});
        RepeatableCalls reads(plan_.settings, client, clock, io.get_executor(), 1);
        Survey survey(plan_, reads, ReadContents::of_all_keys, found);
        run_work(io, clock, survey.run());
        return survey.take_inventory();
    }

    std::uint64_t calls() const { return calls_; }

  private:
    planner::Plan plan_;
    simulator::SimulatedKms kms_;
    std::uint64_t calls_ = 0;
};

TEST(PrimaryLookup, survey_does_not_describe_located_primaries_again) {
    LocatedFleet fleet(2);
    ASSERT_TRUE(fleet.model().add_primary_key(fleet.arn(1, "us-east-1")));
    const std::vector<planner::SelectedKey> located = fleet.locate();
    EXPECT_EQ(fleet.calls(), 1U + 3U) << "key 2 exists in none of its three Regions";
    ASSERT_EQ(located.size(), 2U);
    EXPECT_EQ(located[0].lookup, planner::LookupStatus::found);
    EXPECT_EQ(located[1].lookup, planner::LookupStatus::absent);
    const planner::Inventory inventory = fleet.survey(located);
    EXPECT_EQ(inventory.calls, 0U);
    EXPECT_EQ(inventory.keys[0].lookup, planner::LookupStatus::found);
    EXPECT_EQ(inventory.keys[1].lookup, planner::LookupStatus::absent);
    EXPECT_TRUE(fleet.locate(located).empty());
    EXPECT_EQ(fleet.calls(), 0U);
}

TEST(PrimaryLookup, follows_primaries_that_moved) {
    LocatedFleet fleet(2);
    for (const int number : {1, 2}) {
        ASSERT_TRUE(fleet.model().add_primary_key(fleet.arn(number, "eu-west-1")));
    }
    const io::KeyArn first = fleet.arn(1, "eu-west-1");
    ASSERT_TRUE(fleet.model().add_replica(first, LocatedFleet::region("us-east-1")));
    const std::vector<planner::SelectedKey> located = fleet.locate();
    ASSERT_EQ(located.size(), 2U);
    EXPECT_EQ(located[0].primary, first);
    EXPECT_EQ(located[0].moved_from, LocatedFleet::region("us-east-1"));
    EXPECT_EQ(located[1].primary, fleet.arn(2, "eu-west-1"))
        << "found although the related key in the stated Region was deleted";
    planner::move_primaries(fleet.plan(), planner::moved_primaries(located));
    const planner::Inventory inventory = fleet.survey(located);
    EXPECT_EQ(inventory.calls, 3U) << "both primaries and one replica";
    for (const planner::InventoryKey& key : inventory.keys) {
        EXPECT_EQ(key.lookup, planner::LookupStatus::found);
        EXPECT_EQ(inventory.regions.at(key.primary_region), "eu-west-1");
    }
}

TEST(PrimaryLookup, follows_moved_primaries_although_the_stated_region_fails) {
    for (const char* fault : {"us-east-1/DescribeKey.denied=1", "us-east-1/down=1"}) {
        SCOPED_TRACE(fault);
        LocatedFleet fleet(1, with_faults(fault));
        ASSERT_TRUE(fleet.model().add_primary_key(fleet.arn(1, "eu-west-1")));
        const std::vector<planner::SelectedKey> located = fleet.locate();
        ASSERT_EQ(located.size(), 1U);
        EXPECT_EQ(located[0].lookup, planner::LookupStatus::found);
        EXPECT_EQ(located[0].primary, fleet.arn(1, "eu-west-1"));
        EXPECT_EQ(located[0].moved_from, LocatedFleet::region("us-east-1"));
    }
}

TEST(PrimaryLookup, keeps_the_stated_region_of_denied_keys) {
    LocatedFleet fleet(1, with_faults("DescribeKey.denied=1"));
    const std::vector<planner::SelectedKey> located = fleet.locate();
    ASSERT_EQ(located.size(), 1U);
    EXPECT_EQ(located[0].lookup, planner::LookupStatus::denied);
    EXPECT_FALSE(located[0].moved_from);
    EXPECT_EQ(fleet.survey(located).keys[0].lookup, planner::LookupStatus::denied);
}

}  // namespace
}  // namespace keyferry::engine
