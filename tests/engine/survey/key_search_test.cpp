// SPDX-License-Identifier: Apache-2.0
// Searching for the keys that a fleet selects, with the KMS simulator in virtual time.
#include "engine/survey/key_search.hpp"

#include "engine/survey/survey.hpp"
#include "io/clock/virtual_clock.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_work.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

io::KeyArn key_arn(int number) {
    return io::KeyArn::parse(
               fmt::format("arn:aws:kms:us-east-1:111122223333:key/mrk-{:032x}", number))
        .value();
}

/// A fleet with `groups`, each given as the lines of one group.
planner::UnresolvedFleet selecting(const std::vector<std::string>& groups) {
    std::string text =
        "[fleet]\nname = \"t\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n";
    int number = 0;
    for (const std::string& lines : groups) {
        text += fmt::format("[[group]]\nname = \"g{}\"\npolicy = \"default\"\n{}{}\n",
                            number++,
                            lines.find("replicate_to") == std::string::npos
                                ? "replicate_to = [\"eu-west-1\"]\n"
                                : "",
                            lines);
    }
    planner::FleetLoad load = planner::load_fleet(
        text, "test.toml", [](const std::string&) -> io::Parsed<planner::FileText> {
            return io::ParseProblem{"no files here"};
        });
    for (const planner::Diagnostic& problem : load.problems) {
        ADD_FAILURE() << planner::line_of(problem);
    }
    return std::move(load.unresolved.value());
}

/// Searches a simulated KMS in virtual time.
class SearchOfKms {
  public:
    explicit SearchOfKms(const std::vector<std::string>& groups,
                         const simulator::SimulatorSettings& settings = quiet())
        : fleet_(selecting(groups)), kms_(settings) {}

    simulator::KmsModel& model() { return kms_.model(); }

    bool add(int number, simulator::SeededKey key = {}) {
        return model().add_primary_key(key_arn(number), key);
    }
    bool add_tagged(int number, const std::vector<io::Tag>& tags) {
        simulator::SeededKey key;
        key.tags = tags;
        return add(number, key);
    }

    /// Adds a key with a primary in the Region `name` and a replica in us-east-1; `state` is the
    /// replica's state.
    bool add_with_primary_in(const std::string& name,
                             int number,
                             io::KeyState state = io::KeyState::enabled) {
        const io::KeyArn primary = key_arn(number).in(io::Region::parse(name).value());
        return model().add_primary_key(primary) &&
               model().add_replica(primary, key_arn(number).region, state);
    }

    planner::SelectedKeys search() {
        boost::asio::io_context io{1};
        io::VirtualClock clock(io);
        simulator::SimulatorKmsClient client(kms_, clock, simulator::SimulatorClientSettings{});
        RepeatableCalls reads(fleet_.spec.settings, client, clock, io.get_executor(), 1);
        KeySearch search(fleet_.spec, reads);
        run_work(io, clock, search.run());
        return search.take_selected();
    }

    /// The number of calls that a survey makes after the search.
    std::uint64_t survey_calls(const planner::SelectedKeys& found) {
        const planner::FleetLoad planned = planner::plan_selected_keys(fleet_, found.keys);
        boost::asio::io_context io{1};
        io::VirtualClock clock(io);
        simulator::SimulatorKmsClient client(kms_, clock, simulator::SimulatorClientSettings{});
        RepeatableCalls reads(planned.plan->settings, client, clock, io.get_executor(), 1);
        Survey survey(*planned.plan, reads, ReadContents::of_keys_to_replicate, found.keys);
        run_work(io, clock, survey.run());
        const planner::Inventory inventory = survey.take_inventory();
        EXPECT_TRUE(std::all_of(inventory.keys.begin(), inventory.keys.end(), [](const auto& key) {
            return key.lookup == planner::LookupStatus::found &&
                   key.primary_region != planner::InventoryKey::kNoRegion;
        }));
        return inventory.calls;
    }

  private:
    planner::UnresolvedFleet fleet_;
    simulator::SimulatedKms kms_;
};

std::uint64_t calls(const planner::SelectedKeys& found) {
    std::uint64_t sum = 0;
    for (const planner::QuotaCalls& quota : found.calls_by_quota) {
        sum += quota.calls;
    }
    return sum;
}

/// "group:number" of each key, sorted.
std::vector<std::string> names(const planner::SelectedKeys& found) {
    std::vector<std::string> names;
    for (const planner::SelectedKey& key : found.keys) {
        names.push_back(fmt::format(
            "{}:{}", key.group, std::stoi(key.primary.key_id.text().substr(28), nullptr, 16)));
    }
    std::sort(names.begin(), names.end());
    return names;
}

TEST(KeySearch, selects_every_primary) {
    SearchOfKms kms({"select = \"all\""});
    ASSERT_TRUE(kms.add(1));
    ASSERT_TRUE(kms.add(2));
    const planner::SelectedKeys found = kms.search();
    EXPECT_THAT(names(found), ElementsAre("0:1", "0:2"));
    EXPECT_EQ(found.keys_listed, 2U);
    EXPECT_EQ(calls(found), 1U + 2U) << "one page, and one DescribeKey per key";
    EXPECT_EQ(found.failure, "");
}

TEST(KeySearch, follows_primaries_that_moved_to_a_replica_region) {
    SearchOfKms kms({"select = { state = \"Enabled\" }"});
    ASSERT_TRUE(kms.add_with_primary_in("eu-west-1", 1));
    ASSERT_TRUE(kms.add_with_primary_in("eu-west-1", 2, io::KeyState::disabled));
    ASSERT_TRUE(kms.add_with_primary_in("sa-east-1", 3));
    const planner::SelectedKeys found = kms.search();
    ASSERT_EQ(found.keys.size(), 1U);
    EXPECT_EQ(found.keys[0].primary, key_arn(1).in(io::Region::parse("eu-west-1").value()));
    EXPECT_EQ(found.keys[0].moved_from, io::Region::parse("us-east-1").value());
    ASSERT_EQ(found.elsewhere.size(), 1U);
    EXPECT_EQ(found.elsewhere[0].primary, key_arn(3).in(io::Region::parse("sa-east-1").value()));
    EXPECT_EQ(found.unseen, planner::UncheckedKeys());
}

TEST(KeySearch, selects_keys_whose_primary_region_is_being_updated) {
    SearchOfKms kms({"select = \"all\""});
    simulator::SeededKey updating;
    updating.state = io::KeyState::updating;
    ASSERT_TRUE(kms.add(1, updating));
    ASSERT_TRUE(kms.add_with_primary_in("eu-west-1", 2, io::KeyState::updating));
    const planner::SelectedKeys found = kms.search();
    EXPECT_THAT(names(found), ElementsAre("0:1", "0:2"));
    EXPECT_EQ(found.unseen, planner::UncheckedKeys());
}

TEST(KeySearch, prefers_the_group_of_the_primary_region) {
    const std::string ireland =
        "primary = \"eu-west-1\"\nreplicate_to = [\"us-west-2\"]\nselect = ";
    for (const auto& [criteria, name] : {std::pair<std::string, std::string>{"\"all\"", "1:1"},
                                         {"{ state = \"Disabled\" }", "0:1"}}) {
        SearchOfKms kms({"select = \"all\"", ireland + criteria});
        ASSERT_TRUE(kms.add_with_primary_in("eu-west-1", 1));
        const planner::SelectedKeys found = kms.search();
        EXPECT_THAT(names(found), ElementsAre(name));
        EXPECT_EQ(found.keys.at(0).moved_from.has_value(), name == "0:1");
        EXPECT_THAT(found.elsewhere, IsEmpty());
    }
}

TEST(KeySearch, prefers_the_first_group_if_no_group_has_the_primary_region) {
    SearchOfKms kms({"select = \"all\"",
                     "primary = \"ap-southeast-2\"\nreplicate_to = [\"eu-west-1\"]\n"
                     "select = \"all\""});
    const io::KeyArn primary = key_arn(1).in(io::Region::parse("eu-west-1").value());
    ASSERT_TRUE(kms.add_with_primary_in("eu-west-1", 1));
    ASSERT_TRUE(kms.model().add_replica(
        primary, io::Region::parse("ap-southeast-2").value(), io::KeyState::enabled));
    EXPECT_THAT(names(kms.search()), ElementsAre("0:1"));
}

TEST(KeySearch, prefers_the_group_of_the_primary_region_if_only_a_replica_matches) {
    SearchOfKms kms({"select = { state = \"Disabled\" }",
                     "primary = [\"eu-west-1\", \"us-east-1\"]\n"
                     "replicate_to = [\"us-west-2\"]\nselect = { state = \"Disabled\" }"});
    ASSERT_TRUE(kms.add_with_primary_in("eu-west-1", 1, io::KeyState::disabled));
    EXPECT_THAT(names(kms.search()), ElementsAre("1:1"));
}

TEST(KeySearch, searches_all_primary_regions) {
    SearchOfKms kms(
        {"primary = [\"us-east-1\", \"eu-west-1\"]\nselect = \"all\""
         "\nreplicate_to = [\"us-west-2\"]"});
    ASSERT_TRUE(kms.add(1));
    ASSERT_TRUE(kms.add_with_primary_in("eu-west-1", 2));
    ASSERT_TRUE(kms.add_with_primary_in("us-west-2", 3));
    ASSERT_TRUE(kms.add_with_primary_in("sa-east-1", 4));
    const planner::SelectedKeys found = kms.search();
    EXPECT_THAT(names(found), ElementsAre("0:1", "0:2", "0:3"));
    for (const planner::SelectedKey& key : found.keys) {
        EXPECT_EQ(key.moved_from.has_value(), key.primary.region.name() == "us-west-2");
    }
    EXPECT_EQ(found.elsewhere.size(), 1U);
}

TEST(KeySearch, survey_describes_moved_primaries) {
    SearchOfKms kms({"select = \"all\""});
    ASSERT_TRUE(kms.add_with_primary_in("eu-west-1", 1));
    EXPECT_EQ(kms.survey_calls(kms.search()), 2U) << "the primary and its replica";
}

TEST(KeySearch, reads_tags_only_when_other_criteria_match) {
    SearchOfKms kms({"select = { state = \"Enabled\", tags = { env = \"prod\" } }"});
    ASSERT_TRUE(kms.add_tagged(1, {{"env", "prod"}}));
    ASSERT_TRUE(kms.add_tagged(2, {{"env", "test"}}));
    simulator::SeededKey disabled;
    disabled.tags = {{"env", "prod"}};
    disabled.state = io::KeyState::disabled;
    ASSERT_TRUE(kms.add(3, disabled));
    const planner::SelectedKeys found = kms.search();
    EXPECT_THAT(names(found), ElementsAre("0:1"));
    EXPECT_EQ(calls(found), 1U + 3U + 2U);
}

TEST(KeySearch, by_alias_describes_only_keys_with_aliases) {
    SearchOfKms kms({"select = { alias = \"orders-*\" }"});
    const io::AccountRegion home(key_arn(1).account, key_arn(1).region);
    for (int number = 1; number <= 150; ++number) {
        ASSERT_TRUE(kms.add(number));
        ASSERT_TRUE(kms.model().add_alias(
            home,
            fmt::format("alias/{}-{}", number <= 120 ? "orders" : "cards", number),
            key_arn(number)));
    }
    const planner::SelectedKeys found = kms.search();
    EXPECT_EQ(found.keys.size(), 120U);
    EXPECT_EQ(calls(found), 1U + 2U + 120U) << "one page of keys, two of aliases";
}

TEST(KeySearch, reads_all_pages) {
    SearchOfKms kms({"select = \"all\""});
    for (int number = 1; number <= 2500; ++number) {
        ASSERT_TRUE(kms.add(number));
    }
    const planner::SelectedKeys found = kms.search();
    EXPECT_EQ(found.keys.size(), 2500U);
    EXPECT_EQ(calls(found), 3U + 2500U);
}

TEST(KeySearch, skips_listed_and_excluded_keys) {
    SearchOfKms kms(
        {fmt::format("select = {{ state = \"Enabled\", except = [\"mrk-{:032x}\"] }}", 2),
         fmt::format("keys = [\"mrk-{:032x}\"]", 1)});
    for (int number = 1; number <= 3; ++number) {
        ASSERT_TRUE(kms.add(number));
    }
    const planner::SelectedKeys found = kms.search();
    EXPECT_THAT(names(found), ElementsAre("0:3"));
    EXPECT_EQ(calls(found), 1U + 1U);
}

TEST(KeySearch, searches_a_region_once_and_assigns_keys_to_the_first_group) {
    SearchOfKms kms({"select = { tags = { team = \"a\" } }",
                     "select = { tags = { team = \"b\" } }",
                     "select = { tags = { team = [\"a\", \"b\"] } }"});
    ASSERT_TRUE(kms.add_tagged(1, {{"team", "a"}}));
    ASSERT_TRUE(kms.add_tagged(2, {{"team", "b"}}));
    const planner::SelectedKeys found = kms.search();
    EXPECT_THAT(names(found), ElementsAre("0:1", "1:2"));
    EXPECT_EQ(calls(found), 1U + 2U + 2U);
}

TEST(KeySearch, survey_does_not_describe_found_primaries_again) {
    SearchOfKms kms({"select = \"all\""});
    ASSERT_TRUE(kms.add(1));
    ASSERT_TRUE(kms.add(2));
    ASSERT_TRUE(kms.model().add_replica(key_arn(2), io::Region::parse("eu-west-1").value()));
    const planner::SelectedKeys found = kms.search();
    EXPECT_EQ(kms.survey_calls(found), 1U) << "only the replica's own Region is called";
}

TEST(KeySearch, reports_why_a_list_could_not_be_read) {
    SearchOfKms kms({"select = \"all\""}, with_faults("ListKeys.denied=1"));
    ASSERT_TRUE(kms.add(1));
    const planner::SelectedKeys found = kms.search();
    EXPECT_THAT(found.failure,
                testing::AllOf(HasSubstr("ListKeys in us-east-1 of account 111122223333"),
                               HasSubstr("AccessDenied")));
    EXPECT_TRUE(found.failure_is_denial);
    EXPECT_THAT(found.keys, IsEmpty());
}

TEST(KeySearch, reports_keys_that_could_not_be_described) {
    SearchOfKms kms({"select = { tags = { a = \"b\" } }"},
                    with_faults("ListResourceTags.denied=1"));
    ASSERT_TRUE(kms.add(1));
    ASSERT_TRUE(kms.add(2));
    const planner::SelectedKeys found = kms.search();
    EXPECT_THAT(names(found), IsEmpty());
    EXPECT_EQ(found.unseen.denied, 2U);
    EXPECT_EQ(found.unseen.no_response, 0U);
    EXPECT_EQ(found.unseen.first.size(), 2U);
    EXPECT_EQ(found.failure, "");
}

TEST(KeySearch, survives_throttling_and_internal_errors) {
    SearchOfKms kms({"select = { tags = { a = \"*\" } }"},
                    with_faults("throttle=0.2,internal=0.1,lost=0.05"));
    for (int number = 1; number <= 50; ++number) {
        ASSERT_TRUE(kms.add_tagged(number, {{"a", "x"}}));
    }
    EXPECT_EQ(kms.search().keys.size(), 50U);
}

/// A KMS client whose lists are endless.
class EndlessLists final : public PassingClient {
  public:
    EndlessLists(io::KmsClient& client, std::string marker)
        : PassingClient(client), marker_(std::move(marker)) {}

    boost::asio::awaitable<io::CallOutcome<io::ListKeysResult>> list_keys(
        io::AccountRegion /*place*/, io::ListKeysRequest /*request*/) override {
        io::ListKeysResult page;
        page.truncated = true;
        page.next_marker = marker_;
        io::CallSuccess<io::ListKeysResult> success(std::move(page));
        co_return io::CallOutcome<io::ListKeysResult>(std::move(success));
    }

  private:
    std::string marker_;
};

TEST(KeySearch, rejects_a_list_with_repeated_or_missing_markers) {
    for (const auto& [marker, why] :
         {std::pair<std::string, std::string>{"again", "refers to the same page"},
          {"", "has no marker"}}) {
        const planner::UnresolvedFleet fleet = selecting({"select = \"all\""});
        boost::asio::io_context io{1};
        io::VirtualClock clock(io);
        simulator::SimulatedKms kms(quiet());
        simulator::SimulatorKmsClient inner(kms, clock, simulator::SimulatorClientSettings{});
        EndlessLists client(inner, marker);
        RepeatableCalls reads(fleet.spec.settings, client, clock, io.get_executor(), 1);
        KeySearch search(fleet.spec, reads);
        boost::asio::co_spawn(io, search.run(), [&](std::exception_ptr error) {
            EXPECT_FALSE(error);
            io.stop();
        });
        clock.run(io);
        const planner::SelectedKeys found = search.take_selected();
        EXPECT_THAT(found.failure, HasSubstr(why));
        ASSERT_EQ(found.calls_by_quota.size(), 1U) << "only the list is requested";
        EXPECT_EQ(found.calls_by_quota[0].api, io::KmsApi::list_keys);
    }
}

}  // namespace
}  // namespace keyferry::engine
