// SPDX-License-Identifier: Apache-2.0
// Brings replicas in line with the spec, in the KMS simulator under virtual time.
#include "engine/run/sync_run.hpp"

#include "planner/review/compare_with_inventory.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/survey/survey_of_kms.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint8_t kAllParts =
    planner::sync_policy | planner::sync_tags | planner::sync_description | planner::sync_aliases;
const std::string kPolicy = R"({"Statement":[{"Action":"kms:*","Effect":"Allow",)"
                            R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
                            R"("Resource":"*"}],"Version":"2012-10-17"})";

/// `keys` keys whose spec sets everything, in two Regions.
planner::Plan stating_plan(int keys) {
    planner::Plan plan = fleet_plan(keys, {"ap-southeast-2", "eu-west-1"}, "");
    planner::ReplicaParameters& parameters = plan.groups[0].parameters;
    parameters.policy = kPolicy;
    parameters.description = "ours";
    parameters.tags = {io::Tag("team", "cards")};
    parameters.aliases.templates = {"alias/{key_id}"};
    return plan;
}

/// A fleet whose replicas exist but have none of the specified content.
class Fleet {
  public:
    explicit Fleet(const planner::Plan& plan,
                   const simulator::SimulatorSettings& settings = quiet())
        : plan_(plan), survey_(plan, settings) {
        for (const planner::PlannedKey& key : plan.keys) {
            EXPECT_TRUE(survey_.model().add_primary_key(key.primary, simulator::SeededKey()));
        }
        for (const planner::Job& job : plan.jobs) {
            EXPECT_TRUE(
                survey_.model().add_replica(plan.keys[job.key].primary, plan.regions[job.region]));
        }
    }

    simulator::KmsModel& model() { return survey_.model(); }

    /// The current differences.
    std::vector<planner::ReplicaSync> differences() {
        const planner::PlanReview review = survey_.review(ReadContents::of_keys_and_replicas);
        std::vector<planner::ReplicaSync> syncs;
        for (const planner::JobIndex job : planner::jobs_to_sync(review, kAllParts)) {
            syncs.push_back(
                planner::replica_sync(plan_, survey_.inventory, review, job, kAllParts));
        }
        return syncs;
    }

    /// Applies the changes; after `stop_after` changes no further one is started.
    void sync(const std::vector<planner::ReplicaSync>& syncs,
              std::optional<std::uint64_t> stop_after = {}) {
        boost::asio::io_context io{1};
        io::VirtualClock clock(io);
        simulator::SimulatorKmsClient client(
            survey_.kms(), clock, simulator::SimulatorClientSettings{});
        RepeatableCalls calls(plan_.settings, client, clock, io.get_executor(), 1);
        SyncRun run(plan_, syncs, calls);
        if (stop_after) {
            stop_when(calls, run, clock, *stop_after);
        }
        std::exception_ptr problem;
        boost::asio::co_spawn(io, run.run(), [&](std::exception_ptr error) {
            problem = std::move(error);
            io.stop();
        });
        clock.run(io);
        if (problem) {
            std::rethrow_exception(problem);
        }
        counts = run.counts();
        failed = run.failed();
        for (const planner::QuotaCalls& quota : calls.calls_by_quota()) {
            made_calls[quota.api] += quota.calls;
        }
        took_s = std::chrono::duration<double>(clock.now() - io::Moment{}).count();
    }

    SyncCounts counts;
    std::vector<FailedChange> failed;
    std::map<io::KmsApi, std::uint64_t> made_calls;
    double took_s = 0;

  private:
    void stop_when(RepeatableCalls& calls,
                   SyncRun& run,
                   io::VirtualClock& clock,
                   std::uint64_t made) {
        clock.sleep_until(clock.now() + std::chrono::milliseconds(10),
                          [this, &calls, &run, &clock, made](boost::system::error_code error) {
                              if (error) {
                                  return;
                              }
                              if (run.counts().made >= made) {
                                  calls.stop();
                              } else {
                                  stop_when(calls, run, clock, made);
                              }
                          });
    }

    const planner::Plan& plan_;
    SurveyOfKms survey_;
};

TEST(SyncRun, applies_the_spec_to_replicas) {
    const planner::Plan plan = stating_plan(3);
    Fleet fleet(plan);
    const std::vector<planner::ReplicaSync> differences = fleet.differences();
    ASSERT_THAT(differences, SizeIs(6));
    fleet.sync(differences);
    EXPECT_EQ(fleet.counts.changes, 24U);
    EXPECT_EQ(fleet.counts.made, 24U);
    EXPECT_THAT(fleet.failed, IsEmpty());
    EXPECT_THAT(fleet.differences(), IsEmpty());
    for (const io::KmsApi api : {io::KmsApi::update_key_description,
                                 io::KmsApi::tag_resource,
                                 io::KmsApi::create_alias,
                                 io::KmsApi::put_key_policy}) {
        EXPECT_EQ(fleet.made_calls[api], 6U) << name_of(api);
    }
}

TEST(SyncRun, survives_throttles_and_lost_responses) {
    const planner::Plan plan = stating_plan(40);
    Fleet fleet(plan, with_faults("throttle=0.05,internal=0.05,lost=0.05,reset=0.02"));
    fleet.sync(fleet.differences());
    EXPECT_EQ(fleet.counts.made, 320U) << "an alias with a lost response is found to exist";
    EXPECT_THAT(fleet.failed, IsEmpty());
    EXPECT_THAT(fleet.differences(), IsEmpty());
}

TEST(SyncRun, keeps_the_quota_of_each_call) {
    const planner::Plan plan = stating_plan(100);
    Fleet fleet(plan);
    fleet.sync(fleet.differences());
    // 100 aliases and 100 descriptions in each Region, at 80 % of 5 per second, concurrently.
    EXPECT_GE(fleet.took_s, 24.0);
    EXPECT_LE(fleet.took_s, 32.0);
    EXPECT_EQ(fleet.made_calls[io::KmsApi::create_alias], 200U) << "no call was throttled";
}

TEST(SyncRun, never_moves_an_alias) {
    const planner::Plan plan = stating_plan(2);
    Fleet fleet(plan);
    const planner::Job& job = plan.jobs.at(0);
    const io::KeyArn other = planner::replica_arn(plan, plan.jobs.at(2));
    ASSERT_EQ(other.region, plan.regions[job.region]);
    const std::string name = "alias/" + plan.keys[job.key].primary.key_id.text();
    ASSERT_TRUE(fleet.model().add_alias(planner::replica_location(plan, job), name, other));
    fleet.sync(fleet.differences());
    ASSERT_THAT(fleet.failed, SizeIs(1));
    EXPECT_EQ(fleet.failed[0].job, 0U);
    EXPECT_EQ(fleet.failed[0].alias, name);
    EXPECT_TRUE(fleet.failed[0].is_alias_taken);
    EXPECT_EQ(fleet.counts.made, 15U) << "all other changes, including that replica's policy";
}

TEST(SyncRun, reports_refused_changes_and_continues) {
    const planner::Plan plan = stating_plan(1);
    Fleet fleet(plan, with_faults("eu-west-1/TagResource.denied=1"));
    fleet.sync(fleet.differences());
    ASSERT_THAT(fleet.failed, SizeIs(1));
    EXPECT_EQ(fleet.failed[0].step, planner::sync_tags);
    EXPECT_EQ(fleet.failed[0].failure.lookup, planner::LookupStatus::denied);
    EXPECT_EQ(fleet.counts.made, 7U);
}

TEST(SyncRun, reports_unanswered_changes_as_possibly_applied) {
    const planner::Plan plan = stating_plan(1);
    Fleet fleet(plan, with_faults("eu-west-1/UpdateKeyDescription.lost=1"));
    fleet.sync(fleet.differences());
    EXPECT_EQ(fleet.counts.unknown, 1U);
    EXPECT_EQ(fleet.counts.failed, 0U);
    EXPECT_EQ(fleet.counts.made, 7U);
    EXPECT_TRUE(fleet.failed.at(0).failure.may_be_made);
    EXPECT_THAT(fleet.differences(), IsEmpty()) << "and it was";
}

TEST(SyncRun, resumes_after_a_stop) {
    const planner::Plan plan = stating_plan(20);
    Fleet fleet(plan);
    const std::vector<planner::ReplicaSync> differences = fleet.differences();
    fleet.sync(differences, 30);
    EXPECT_GE(fleet.counts.made, 30U);
    EXPECT_LT(fleet.counts.made, fleet.counts.changes);
    EXPECT_EQ(fleet.counts.failed, 0U) << "an untried change has not failed";
    const std::uint64_t made = fleet.counts.made;
    fleet.sync(fleet.differences());
    EXPECT_EQ(fleet.counts.changes, 160 - made) << "only the rest";
    EXPECT_THAT(fleet.differences(), IsEmpty());
}

}  // namespace
}  // namespace keyferry::engine
