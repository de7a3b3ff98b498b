// SPDX-License-Identifier: Apache-2.0
#include "engine/run/executor.hpp"

#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_run.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <utility>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Executor, creates_every_replica_of_a_plan_once) {
    const planner::Plan plan = plan_of(10);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file;
    VirtualRun run(plan, kms, file);
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::created), 30U);
    expect_each_replica_once(kms, plan);
}

/// Passes every call on, after checking whether its intent is on disk.
class IntentWatch final : public PassingClient {
  public:
    IntentWatch(io::KmsClient& client, const io::MemoryAppendFile& file)
        : PassingClient(client), file_(file) {}

    boost::asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> replicate_key(
        io::AccountRegion place, io::ReplicateKeyRequest request) override {
        const std::string intent = "\"key\":\"" + request.key_id + "\",\"region\":\"" +
                                   request.replica_region + "\",\"att\":1,";
        EXPECT_NE(file_.durable_content().find(intent), std::string::npos) << intent;
        return PassingClient::replicate_key(std::move(place), std::move(request));
    }

  private:
    const io::MemoryAppendFile& file_;
};

TEST(Executor, sends_nothing_without_a_durable_intent) {
    const planner::Plan plan = plan_of(10);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file;
    VirtualRun run(plan, kms, file, io::Moment{}, [&](io::KmsClient& client) {
        return std::make_unique<IntentWatch>(client, file);
    });
    EXPECT_EQ(run.run(), RunEnd::finished);
    expect_each_replica_once(kms, plan);
}

TEST(Executor, is_never_throttled_within_the_planned_quotas) {
    const planner::Plan plan = plan_of(100);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file;
    VirtualRun run(plan, kms, file);
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.executor().progress().throttled, 0U);
    EXPECT_LE(kms.ledger().peak("111122223333", "us-east-1", io::KmsApi::replicate_key), 5U);
    EXPECT_LE(kms.ledger().peak("111122223333", "eu-west-1", io::KmsApi::create_key), 5U);
}

TEST(Executor, takes_the_time_of_the_quotas_plus_the_last_creation) {
    const planner::Plan plan = plan_of(100);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file;
    VirtualRun run(plan, kms, file);
    ASSERT_EQ(run.run(), RunEnd::finished);
    const std::chrono::duration<double> took = run.clock().now() - io::Moment{};
    EXPECT_GE(took.count(), 300 / 4.0 - 2) << "300 calls at 5/s x 0.8";
    EXPECT_LE(took.count(), 300 / 4.0 + 12) << "plus Creating for up to 6 s, detected by polls";
}

TEST(Executor, creates_every_replica_despite_injected_faults) {
    const planner::Plan plan = plan_of(60);
    simulator::SimulatedKms kms(
        with_faults("throttle=0.1,internal=0.05,internal-after=0.05,lost=0.05,reset=0.05"));
    fill(kms, plan);
    io::MemoryAppendFile file;
    VirtualRun run(plan, kms, file);
    EXPECT_EQ(run.run(), RunEnd::finished);
    const Progress progress = run.executor().progress();
    EXPECT_EQ(progress.ended.done(), plan.jobs.size());
    EXPECT_GT(progress.ended.of(Attribution::created_reconciled), 0U)
        << "some responses were lost after the effect";
    EXPECT_EQ(progress.ended.of(Attribution::existed), 0U) << "no other caller created a replica";
    EXPECT_GT(progress.throttled, 0U);
    expect_each_replica_once(kms, plan);
}

TEST(Executor, adopts_existing_replicas) {
    const planner::Plan plan = plan_of(5);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    for (const planner::PlannedKey& key : plan.keys) {
        ASSERT_TRUE(kms.model().add_replica(key.primary, io::Region::parse("eu-west-1").value()));
    }
    io::MemoryAppendFile file;
    VirtualRun run(plan, kms, file);
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::existed), 5U);
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::created), 10U);
}

TEST(Executor, fails_jobs_of_a_disabled_primary_and_completes_the_others) {
    const planner::Plan plan = plan_of(5);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    kms.model().set_state(plan.keys[2].primary, io::KeyState::disabled);
    io::MemoryAppendFile file;
    VirtualRun run(plan, kms, file);
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.executor().progress().ended.of(JobPhase::failed), 3U);
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::created), 12U);
}

TEST(Executor, sends_nothing_after_a_stop_and_finishes_in_a_rerun) {
    const planner::Plan plan = plan_of(20);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file;
    io::Moment stopped_at{};
    {
        VirtualRun run(plan, kms, file);
        run.clock().sleep_until(io::Moment{} + seconds(5), [&](boost::system::error_code) {
            stopped_at = run.clock().now();
            run.executor().stop();
        });
        EXPECT_EQ(run.run(), RunEnd::stopped);
        EXPECT_LE(kms.ledger().last_request().value(), stopped_at + milliseconds(5))
            << "the simulated network takes 5 ms";
        EXPECT_EQ(run.executor().progress().in_flight, 0U);
    }
    VirtualRun rerun(plan, kms, file, stopped_at + seconds(60));
    EXPECT_TRUE(rerun.journal().resumed);
    EXPECT_EQ(rerun.journal().replay.counts().of(JobPhase::sent), 0U)
        << "the rerun need not check requests that were not sent";
    EXPECT_EQ(rerun.run(), RunEnd::finished);
    EXPECT_EQ(rerun.executor().progress().ended.of(Attribution::created), plan.jobs.size());
    expect_each_replica_once(kms, plan);
}

TEST(Executor, a_stop_does_not_leave_rejected_requests_unresolved) {
    const planner::Plan plan = plan_of(20);
    simulator::SimulatedKms kms(with_faults("throttle=1"));
    fill(kms, plan);
    io::MemoryAppendFile file;
    {
        VirtualRun run(plan, kms, file);
        run.clock().sleep_until(io::Moment{} + seconds(5),
                                [&](boost::system::error_code) { run.executor().stop(); });
        EXPECT_EQ(run.run(), RunEnd::stopped);
    }
    const VirtualRun rerun(plan, kms, file, io::Moment{} + seconds(60));
    const JobCounts& counts = rerun.journal().replay.counts();
    EXPECT_EQ(counts.of(JobPhase::sent), 0U);
    EXPECT_GT(counts.of(JobPhase::deferred), 0U);
    ASSERT_EQ(rerun.journal().replay.stuck().size(), 1U);
    EXPECT_EQ(rerun.journal().replay.stuck()[0].code, "ThrottlingException");
}

/// Rejects the first ReplicateKey calls, as KMS does while it does not recognize a new principal in
/// the policy, and then throws.
class RefusingClient final : public PassingClient {
  public:
    RefusingClient(io::KmsClient& client, std::size_t calls_max)
        : PassingClient(client), calls_max_(calls_max) {}

    boost::asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> replicate_key(
        io::AccountRegion place, io::ReplicateKeyRequest request) override {
        static_cast<void>(place);
        static_cast<void>(request);
        if (++calls_ > calls_max_) {
            throw std::runtime_error("a fault of the program");
        }
        co_return io::CallFailure(
            io::Certainty::refused, io::KmsErrorCode::malformed_policy_document, "new principal");
    }

  private:
    std::size_t calls_max_;
    std::size_t calls_ = 0;
};

TEST(Executor, a_stop_records_the_last_reason_of_every_job_that_was_refused) {
    const planner::Plan plan = plan_of(500, R"(
[[limits.quota]]
ReplicateKey = 1000
CreateKey = 2000
)");
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file;
    {
        VirtualRun run(plan, kms, file, io::Moment{}, [](io::KmsClient& client) {
            return std::make_unique<RefusingClient>(client, 1'000'000);
        });
        run.clock().sleep_until(io::Moment{} + seconds(60),
                                [&](boost::system::error_code) { run.executor().stop(); });
        EXPECT_EQ(run.run(), RunEnd::stopped);
    }
    const VirtualRun rerun(plan, kms, file, io::Moment{} + seconds(90));
    EXPECT_EQ(rerun.journal().replay.counts().of(JobPhase::deferred), plan.jobs.size());
    ASSERT_EQ(rerun.journal().replay.stuck().size(), 1U) << "all jobs have the same reason";
    EXPECT_EQ(rerun.journal().replay.stuck()[0].code, "MalformedPolicyDocumentException");
}

TEST(Executor, an_exception_does_not_lose_outcomes_of_other_jobs) {
    const planner::Plan plan = plan_of(5);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file;
    VirtualRun run(plan, kms, file, io::Moment{}, [](io::KmsClient& client) {
        return std::make_unique<RefusingClient>(client, 3);
    });
    EXPECT_THROW(run.run(), std::runtime_error);
    EXPECT_NE(file.durable_content().find(R"("ev":"end")"), std::string::npos);
    EXPECT_NE(file.durable_content().find(R"("ev":"deferred")"), std::string::npos);
}

/// Kills a run repeatedly until one finishes. The seed determines the times of the kills and how
/// much unsynced data each one loses.
class CrashTest : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(CrashTest, creates_each_replica_once_despite_repeated_kills) {
    std::mt19937 random(GetParam());
    const planner::Plan plan = plan_of(20);
    simulator::SimulatorSettings settings =
        with_faults("throttle=0.05,internal=0.03,internal-after=0.03,lost=0.03");
    settings.model.seed = GetParam();
    simulator::SimulatedKms kms(settings);
    fill(kms, plan);
    io::MemoryAppendFile file;
    io::Moment now{};
    for (int life = 0; life < 100; ++life) {
        VirtualRun run(plan, kms, file, now);
        now += milliseconds(random() % 10'000);
        run.run_until(now);
        if (run.is_over()) {
            EXPECT_EQ(run.executor().progress().ended.done(), plan.jobs.size());
            EXPECT_EQ(run.executor().progress().ended.of(Attribution::existed), 0U)
                << "this fleet's runs created all replicas";
            expect_each_replica_once(kms, plan);
            return;
        }
        file.crash(random() % 200);
        now += milliseconds(random() % 5000);
    }
    FAIL() << "100 restarts were not enough";
}

INSTANTIATE_TEST_SUITE_P(seeds, CrashTest, ::testing::Range(1U, 21U));

TEST(Executor, sends_nothing_after_a_journal_failure) {
    const planner::Plan plan = plan_of(20);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file;
    {
        VirtualRun run(plan, kms, file);
        file.fail_nth(io::FileOperation::sync, 5, EIO, io::MemoryAppendFile::Lasting::permanent);
        EXPECT_EQ(run.run(), RunEnd::journal_failed);
        const std::uint64_t made = kms.ledger().effects(simulator::EffectKind::replica_created);
        EXPECT_LT(made, plan.jobs.size());
    }
    file.stop_failing();
    file.crash();
    VirtualRun rerun(plan, kms, file, io::Moment{} + seconds(600));
    EXPECT_EQ(rerun.run(), RunEnd::finished);
    expect_each_replica_once(kms, plan);
}

TEST(Executor, ends_a_run_without_work) {
    const planner::Plan plan = plan_of(2);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file;
    {
        VirtualRun run(plan, kms, file);
        ASSERT_EQ(run.run(), RunEnd::finished);
    }
    const std::uint64_t requests = kms.ledger().requests();
    VirtualRun rerun(plan, kms, file, io::Moment{} + seconds(600));
    EXPECT_EQ(rerun.run(), RunEnd::finished);
    EXPECT_EQ(kms.ledger().requests(), requests);
}

}  // namespace
}  // namespace keyferry::engine
