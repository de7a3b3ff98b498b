// SPDX-License-Identifier: Apache-2.0
// Brings replicas in line with the spec, using the KMS simulator in virtual time.
#include "engine/sync/sync_run.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/sync/synced_fleet.hpp"

#include <boost/asio/awaitable.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <gmock/gmock.h>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::engine {
namespace {

namespace asio = boost::asio;

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::set<io::KmsApi> kChanges{io::KmsApi::update_key_description,
                                    io::KmsApi::tag_resource,
                                    io::KmsApi::untag_resource,
                                    io::KmsApi::create_alias,
                                    io::KmsApi::delete_alias,
                                    io::KmsApi::put_key_policy};

std::size_t occurrences(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

/// Checks that each change is sent after its own record is durable.
class CheckingClient final : public PassingClient {
  public:
    CheckingClient(io::KmsClient& client, const io::MemoryAppendFile& file, std::size_t& sent)
        : PassingClient(client), file_(file), sent_(sent) {}

    asio::awaitable<io::CallOutcome<io::EmptyResult>> update_key_description(
        io::AccountRegion place, io::UpdateKeyDescriptionRequest request) override {
        expect_record(io::KmsApi::update_key_description, request.key_id);
        return PassingClient::update_key_description(std::move(place), std::move(request));
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> tag_resource(
        io::AccountRegion place, io::TagResourceRequest request) override {
        expect_record(io::KmsApi::tag_resource, request.key_id);
        return PassingClient::tag_resource(std::move(place), std::move(request));
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> create_alias(
        io::AccountRegion place, io::CreateAliasRequest request) override {
        expect_record(io::KmsApi::create_alias, request.target_key_id);
        return PassingClient::create_alias(std::move(place), std::move(request));
    }
    asio::awaitable<io::CallOutcome<io::EmptyResult>> put_key_policy(
        io::AccountRegion place, io::PutKeyPolicyRequest request) override {
        expect_record(io::KmsApi::put_key_policy, request.key_id);
        return PassingClient::put_key_policy(std::move(place), std::move(request));
    }

  private:
    void before(io::KmsApi api) override { sent_ += kChanges.contains(api) ? 1 : 0; }

    void expect_record(io::KmsApi api, const std::string& replica) const {
        const std::string content = file_.durable_content();
        const std::string change = fmt::format(R"("key":"{}","region":"{}","act":"{}")",
                                               replica,
                                               io::KeyArn::parse(replica).value().region.name(),
                                               name_of(api));
        bool is_durable = false;
        for (std::size_t begin = 0, end = 0; (end = content.find('\n', begin)) != std::string::npos;
             begin = end + 1) {
            const std::string_view line = std::string_view(content).substr(begin, end - begin);
            is_durable |= line.find(R"("ev":"sent")") != std::string_view::npos &&
                          line.find(change) != std::string_view::npos;
        }
        EXPECT_TRUE(is_durable) << change;
    }

    const io::MemoryAppendFile& file_;
    std::size_t& sent_;
};

JournalReplay replay_of(io::MemoryAppendFile& file) {
    JournalReplay replay;
    JournalScan scan;
    EXPECT_FALSE(replay_journal(file, replay, scan));
    EXPECT_EQ(scan.state, JournalState::whole) << scan.problem;
    return replay;
}

TEST(SyncRun, applies_the_spec_to_replicas) {
    const planner::Plan plan = stating_plan(3);
    SyncedFleet fleet(plan);
    io::MemoryAppendFile file;
    const auto differences = fleet.differences();
    ASSERT_THAT(planner::by_replica(differences), SizeIs(6));
    fleet.make(differences, file);
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

TEST(SyncRun, journals_previous_values_and_outcomes) {
    const planner::Plan plan = stating_plan(2);
    SyncedFleet fleet(plan);
    io::MemoryAppendFile file;
    const auto differences = fleet.differences();
    fleet.make(differences, file);
    const JournalReplay replay = replay_of(file);
    EXPECT_EQ(replay.header().verb, JournalVerb::sync);
    EXPECT_EQ(replay.header().plan_sha256, planner::changes_sha256(differences));
    EXPECT_EQ(replay.counts().of(JobPhase::done), 16U);
    EXPECT_EQ(replay.runs().back().end, "finished");
    planner::SharedTexts texts;
    const RecordedChanges recorded = read_recorded_changes(file, "(memory)", texts).value();
    EXPECT_EQ(planner::changes_sha256(recorded.changes), replay.header().plan_sha256);
    EXPECT_EQ(recorded.not_made, 0U);
}

TEST(SyncRun, sends_no_change_before_its_record_is_durable) {
    const planner::Plan plan = stating_plan(20);
    SyncedFleet fleet(plan);  // without faults, every call is the first one for its change
    io::MemoryAppendFile file;
    std::size_t sent = 0;
    const auto differences = fleet.differences();
    const auto process =
        fleet.start(differences, file, JournalVerb::sync, [&](io::KmsClient& client) {
            return std::make_unique<CheckingClient>(client, file, sent);
        });
    EXPECT_EQ(occurrences(file.durable_content(), R"("ev":"before")"), 160U);
    process->run();
    EXPECT_EQ(process->changes().counts().made, 160U);
    EXPECT_EQ(sent, 160U);
}

TEST(SyncRun, shares_disk_syncs_between_replicas) {
    const planner::Plan plan = stating_plan(100);
    SyncedFleet fleet(plan);
    io::MemoryAppendFile file;
    fleet.make(fleet.differences(), file);
    EXPECT_EQ(fleet.counts.made, 800U);
    EXPECT_LT(file.count(io::FileOperation::sync), 1600U / 2) << "each change has two records";
}

TEST(SyncRun, survives_throttles_and_lost_responses) {
    const planner::Plan plan = stating_plan(40);
    SyncedFleet fleet(plan, with_faults("throttle=0.05,internal=0.05,lost=0.05,reset=0.02"));
    io::MemoryAppendFile file;
    fleet.make(fleet.differences(), file);
    EXPECT_EQ(fleet.counts.made, 320U) << "an alias whose creation response was lost is found";
    EXPECT_THAT(fleet.failed, IsEmpty());
    EXPECT_THAT(fleet.differences(), IsEmpty());
    EXPECT_FALSE(replay_of(file).runs().back().throttles.empty());
}

TEST(SyncRun, throttles_never_fail_a_change) {
    const planner::Plan plan = stating_plan(1);
    // The run makes more than a hundred attempts, over a longer time than any limit on attempts
    // would allow.
    SyncedFleet fleet(plan, with_faults("eu-west-1/UpdateKeyDescription.throttle=1@0s..29m"));
    io::MemoryAppendFile file;
    fleet.make(fleet.differences(), file);
    EXPECT_EQ(fleet.counts.made, 8U);
    EXPECT_GT(fleet.made_calls[io::KmsApi::update_key_description], 100U);
}

TEST(SyncRun, endless_throttles_are_bounded_by_the_circuit_breaker) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan, with_faults("eu-west-1/UpdateKeyDescription.throttle=1"));
    io::MemoryAppendFile file;
    const auto differences = fleet.differences();
    const auto process = fleet.start(differences, file);
    process->run();
    fleet.take_result(*process);
    EXPECT_EQ(process->changes().in_flight(), 0U)
        << "no call is counted as in flight, although most were never started";
    EXPECT_EQ(fleet.counts.made, 4U) << "the changes in the other Region";
    ASSERT_THAT(fleet.failed, SizeIs(4)) << "the endpoint is abandoned";
    EXPECT_EQ(fleet.counts.deferred, 4U);
    EXPECT_EQ(fleet.failed[0].failure.code, "ThrottlingException");
    const double park_timeout_s =
        std::chrono::duration<double>(plan.settings.wait.park_timeout).count();
    EXPECT_GE(fleet.took_s, park_timeout_s);
    EXPECT_LE(fleet.took_s, park_timeout_s + 60);
    EXPECT_EQ(replay_of(file).counts().of(JobPhase::deferred), 4U);
}

TEST(SyncRun, waits_for_the_end_of_outages) {
    const planner::Plan plan = stating_plan(5);
    SyncedFleet fleet(plan, with_faults("eu-west-1/down=1@30m..48m"));
    io::MemoryAppendFile file;
    const auto differences = fleet.differences();
    fleet.now = io::Moment(std::chrono::minutes(30));
    fleet.make(differences, file);
    EXPECT_EQ(fleet.counts.made, 40U);
    EXPECT_GE(fleet.took_s, 18 * 60);
}

TEST(SyncRun, keeps_the_quota_of_each_call) {
    const planner::Plan plan = stating_plan(100);
    SyncedFleet fleet(plan);
    io::MemoryAppendFile file;
    fleet.make(fleet.differences(), file);
    // 100 aliases and 100 descriptions in each Region, at 80 % of 5 per second, concurrently.
    EXPECT_GE(fleet.took_s, 24.0);
    EXPECT_LE(fleet.took_s, 32.0);
    EXPECT_EQ(fleet.made_calls[io::KmsApi::create_alias], 200U) << "no call was throttled";
}

TEST(SyncRun, never_moves_an_alias) {
    const planner::Plan plan = stating_plan(2);
    SyncedFleet fleet(plan);
    const planner::Job& job = plan.jobs.at(0);
    const io::KeyArn other = planner::replica_arn(plan, plan.jobs.at(2));
    ASSERT_EQ(other.region, plan.regions[job.region]);
    const std::string name = "alias/" + plan.keys[job.key].primary.key_id.text();
    ASSERT_TRUE(fleet.model().add_alias(planner::replica_location(plan, job), name, other));
    io::MemoryAppendFile file;
    const auto differences = fleet.differences();
    fleet.make(differences, file);
    ASSERT_THAT(fleet.failed, SizeIs(1));
    EXPECT_EQ(differences[fleet.failed[0].change].alias, name);
    EXPECT_TRUE(fleet.failed[0].is_alias_taken);
    EXPECT_EQ(fleet.counts.made, 15U) << "all other changes, including that replica's policy";
    EXPECT_EQ(replay_of(file).counts().of(JobPhase::conflict), 1U);
}

/// Gives the replica of the first job the alias that the sync is about to create. Returns its name.
std::string create_alias_of_first_job(SyncedFleet& fleet, const planner::Plan& plan) {
    const planner::Job& job = plan.jobs.at(0);
    std::string name = "alias/" + plan.keys[job.key].primary.key_id.text();
    EXPECT_TRUE(fleet.model().add_alias(
        planner::replica_location(plan, job), name, planner::replica_arn(plan, job)));
    return name;
}

TEST(SyncRun, records_that_an_alias_existed) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan);
    const auto differences = fleet.differences();
    const std::string name = create_alias_of_first_job(fleet, plan);
    io::MemoryAppendFile file;
    fleet.make(differences, file);
    EXPECT_EQ(fleet.counts.made, 8U);
    const JournalReplay replay = replay_of(file);
    std::size_t existed = 0;
    for (std::size_t change = 0; change < differences.size(); ++change) {
        const auto how = replay.attribution(static_cast<planner::JobIndex>(change));
        if (how == Attribution::existed) {
            ++existed;
            EXPECT_EQ(differences[change].alias, name);
            EXPECT_EQ(differences[change].replica, planner::replica_arn(plan, plan.jobs.at(0)));
        }
    }
    EXPECT_EQ(existed, 1U);
}

TEST(SyncRun, reads_an_alias_again_that_kms_does_not_show_yet) {
    const planner::Plan plan = stating_plan(2);
    simulator::SimulatorSettings settings = quiet();
    settings.model.stale =
        simulator::DurationRange{std::chrono::seconds(5), std::chrono::seconds(5)};
    SyncedFleet fleet(plan, settings);
    fleet.now += std::chrono::seconds(10);
    const auto differences = fleet.differences();
    io::MemoryAppendFile first;
    fleet.make(differences, first);
    io::MemoryAppendFile second;
    fleet.make(differences, second);  // as after a survey with stale reads
    EXPECT_THAT(fleet.failed, IsEmpty());
    EXPECT_EQ(fleet.counts.made, differences.size());
    EXPECT_LT(fleet.made_calls[io::KmsApi::describe_key], 40U) << "reads are repeated with pauses";
}

TEST(SyncRun, stop_ends_the_wait_for_an_alias) {
    const planner::Plan plan = stating_plan(1);
    simulator::SimulatorSettings settings = quiet();
    settings.model.stale =
        simulator::DurationRange{std::chrono::seconds(20), std::chrono::seconds(20)};
    SyncedFleet fleet(plan, settings);
    fleet.now += std::chrono::seconds(30);
    const auto differences = fleet.differences();
    io::MemoryAppendFile first;
    fleet.make(differences, first);
    io::MemoryAppendFile second;
    const auto process = fleet.start(differences, second);
    process->stop_after(4);  // all changes except the policies, which come after the aliases
    process->run();
    fleet.take_result(*process);
    EXPECT_LT(fleet.took_s, 10);
    EXPECT_EQ(replay_of(second).runs().back().end, "stopped");
}

TEST(SyncRun, alias_that_existed_and_cannot_be_checked_was_not_created) {
    const planner::Plan plan = stating_plan(1);
    const std::string place = planner::replica_location(plan, plan.jobs.at(0)).region.name();
    SyncedFleet fleet(plan, with_faults(place + "/DescribeKey.denied=1@10m.."));
    const auto differences = fleet.differences();
    create_alias_of_first_job(fleet, plan);
    fleet.now = io::Moment(std::chrono::minutes(10));
    io::MemoryAppendFile file;
    fleet.make(differences, file);
    ASSERT_THAT(fleet.failed, SizeIs(1));
    EXPECT_FALSE(fleet.failed[0].failure.may_be_made);
    EXPECT_EQ(fleet.failed[0].failure.code, "AlreadyExistsException");
    EXPECT_THAT(fleet.failed[0].failure.message, HasSubstr("AccessDenied"));
    EXPECT_EQ(fleet.counts.unknown, 0U);
    EXPECT_EQ(replay_of(file).counts().of(JobPhase::failed), 1U);
}

TEST(SyncRun, denial_ends_its_own_change_only) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan, with_faults("eu-west-1/TagResource.denied=1"));
    io::MemoryAppendFile file;
    const auto differences = fleet.differences();
    fleet.make(differences, file);
    ASSERT_THAT(fleet.failed, SizeIs(1));
    EXPECT_EQ(differences[fleet.failed[0].change].action, io::KmsApi::tag_resource);
    EXPECT_EQ(fleet.failed[0].failure.lookup, planner::LookupStatus::denied);
    EXPECT_EQ(fleet.counts.failed, 1U);
    EXPECT_EQ(fleet.counts.made, 7U);
    const JournalReplay replay = replay_of(file);
    ASSERT_EQ(replay.counts().of(JobPhase::failed), 1U);
    EXPECT_EQ(replay.stuck().at(0).code, "AccessDeniedException");
    EXPECT_EQ(replay.stuck().at(0).examples.at(0).message, fleet.failed[0].failure.message);
}

TEST(SyncRun, reports_unanswered_changes_as_possibly_applied) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan, with_faults("eu-west-1/UpdateKeyDescription.lost=1"));
    io::MemoryAppendFile file;
    fleet.make(fleet.differences(), file);
    EXPECT_EQ(fleet.counts.unknown, 1U);
    EXPECT_EQ(fleet.counts.failed, 0U);
    EXPECT_EQ(fleet.counts.made, 4U);
    EXPECT_EQ(fleet.counts.deferred, 3U) << "nothing else is sent to a Region that never responds";
    EXPECT_TRUE(fleet.failed.at(0).failure.may_be_made);
    EXPECT_THAT(fleet.differences(), SizeIs(3)) << "the unanswered change was made";
    EXPECT_EQ(replay_of(file).counts().of(JobPhase::unknown), 1U);
}

TEST(SyncRun, continues_after_a_stop) {
    const planner::Plan plan = stating_plan(20);
    SyncedFleet fleet(plan);
    io::MemoryAppendFile file;
    const auto differences = fleet.differences();
    const auto process = fleet.start(differences, file);
    process->stop_after(30);
    process->run();
    fleet.take_result(*process);
    EXPECT_GE(fleet.counts.made, 30U);
    EXPECT_LT(fleet.counts.made, fleet.counts.changes);
    EXPECT_EQ(fleet.counts.failed, 0U) << "a change that was not attempted has not failed";
    const JournalReplay replay = replay_of(file);
    EXPECT_EQ(replay.runs().back().end, "stopped");
    EXPECT_EQ(replay.counts().of(JobPhase::sent), 0U) << "every sent change has an outcome";
    EXPECT_EQ(replay.counts().of(JobPhase::not_started), fleet.counts.not_tried());
    const std::uint64_t made = fleet.counts.made;
    io::MemoryAppendFile next;
    fleet.make(fleet.differences(), next);
    EXPECT_EQ(fleet.counts.changes, 160 - made) << "only the remaining changes";
    EXPECT_THAT(fleet.differences(), IsEmpty());
}

/// Stops the calls while the `nth` change is being sent.
class StoppingClient final : public PassingClient {
  public:
    StoppingClient(io::KmsClient& client, std::size_t nth, RepeatableCalls*& calls)
        : PassingClient(client), nth_(nth), calls_(calls) {}

  private:
    void before(io::KmsApi api) override {
        if (api != io::KmsApi::describe_key && ++sent_ == nth_) {
            calls_->stop();
        }
    }

    std::size_t nth_;
    std::size_t sent_ = 0;
    RepeatableCalls*& calls_;
};

TEST(SyncRun, a_stop_during_the_last_change_interrupts_nothing) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan);
    io::MemoryAppendFile file;
    const auto differences = fleet.differences();
    RepeatableCalls* calls = nullptr;
    const auto process =
        fleet.start(differences, file, JournalVerb::sync, [&](io::KmsClient& client) {
            return std::make_unique<StoppingClient>(client, differences.size(), calls);
        });
    calls = &process->calls();
    process->run();
    fleet.take_result(*process);
    EXPECT_TRUE(calls->was_stopped());
    EXPECT_EQ(fleet.counts.made, differences.size());
    EXPECT_EQ(replay_of(file).runs().back().end, "finished");
}

TEST(SyncRun, sends_nothing_after_the_journal_has_failed) {
    const planner::Plan plan = stating_plan(20);
    for (const std::uint64_t nth : {1U, 5U, 30U}) {
        SyncedFleet fleet(plan);
        io::MemoryAppendFile file;
        std::size_t sent = 0;
        const auto differences = fleet.differences();
        const auto process =
            fleet.start(differences, file, JournalVerb::sync, [&](io::KmsClient& client) {
                return std::make_unique<CheckingClient>(client, file, sent);
            });
        file.fail_nth(
            io::FileOperation::append, nth, ENOSPC, io::MemoryAppendFile::Lasting::permanent);
        process->run();
        fleet.take_result(*process);
        EXPECT_LT(sent, 160U) << nth;
        EXPECT_LE(fleet.counts.made, sent);
        EXPECT_LE(sent, occurrences(file.durable_content(), R"("ev":"sent")")) << nth;
        EXPECT_EQ(process->changes().in_flight(), 0U);
    }
}

TEST(SyncRun, full_disk_prevents_the_first_change) {
    const planner::Plan plan = stating_plan(2);
    SyncedFleet fleet(plan);
    const auto differences = fleet.differences();
    io::MemoryAppendFile file;
    file.fail_nth(io::FileOperation::append, 3, ENOSPC, io::MemoryAppendFile::Lasting::permanent);
    EXPECT_THROW(static_cast<void>(fleet.start(differences, file)), std::runtime_error);
    EXPECT_THAT(fleet.differences(), SizeIs(differences.size()));
}

}  // namespace
}  // namespace keyferry::engine
