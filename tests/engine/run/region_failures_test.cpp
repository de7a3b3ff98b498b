// SPDX-License-Identifier: Apache-2.0
// Runs in which Regions throttle every call, have no key quota left, deny the caller or are
// unreachable. They use the real executor in virtual time.
#include "engine/run/executor.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_run.hpp"
#include "tools/simulator/service/ledger_timeline.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace keyferry::engine {
namespace {

using std::chrono::minutes;

std::vector<std::string> twenty_regions() {
    return {"af-south-1", "ap-east-1",      "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
            "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",   "eu-central-1",
            "eu-north-1", "eu-south-1",     "eu-west-1",      "eu-west-2",      "eu-west-3",
            "me-south-1", "sa-east-1",      "us-east-2",      "us-west-1",      "us-west-2"};
}

/// Quotas under which each replica Region is its own bottleneck: 2.5 per second times the share.
constexpr std::string_view kWidePrimary = R"(
[[limits.quota]]
region = "us-east-1"
ReplicateKey = 100
)";

/// One run of a plan; the simulator uses the quotas of the plan's spec.
class TroubledRun {
  public:
    TroubledRun(planner::Plan plan_, const simulator::SimulatorSettings& settings)
        : plan(std::move(plan_)), kms(settings) {
        fill(kms, plan);
        for (const planner::QuotaOverride& quota : plan.settings.limits.overrides) {
            kms.quotas().set("111122223333",
                             quota.region->name(),
                             quota.api,
                             static_cast<std::uint32_t>(quota.quota_per_s));
        }
    }

    RunEnd run(io::Moment start = io::Moment{}) {
        VirtualRun run(plan, kms, file, start, wrap_);
        if (stop_at) {
            run.clock().sleep_until(*stop_at,
                                    [&](boost::system::error_code) { run.executor().stop(); });
        }
        run.executor().on_scope_news([this](const ScopeNews& item) { news.push_back(item); });
        news.clear();
        const RunEnd end = run.run();
        progress = run.executor().progress();
        ended_at = run.clock().now();
        return end;
    }

    /// Takes effect with the next run.
    void deny(std::function<bool(std::uint64_t key)> is_denied);

    /// When the last replica of each Region was created, in seconds.
    std::map<std::string, double> last_effects_s() const {
        std::map<std::string, double> last;
        for (const simulator::LedgerEntry& entry : kms.ledger().entries()) {
            if (entry.effect.kind == simulator::EffectKind::replica_created) {
                last[entry.replica_region] =
                    std::chrono::duration<double>(entry.time - io::Moment{}).count();
            }
        }
        return last;
    }

    planner::Plan plan;
    simulator::SimulatedKms kms;
    io::MemoryAppendFile file;
    std::vector<ScopeNews> news;
    Progress progress;
    io::Moment ended_at;
    std::optional<io::Moment> stop_at;

  private:
    VirtualRun::Wrap wrap_;
};

/// The number of requests to one Region.
std::size_t requests_to(const simulator::SimulatedKms& kms, std::string_view region) {
    std::size_t requests = 0;
    for (const simulator::LedgerSecond& second :
         simulator::timeline(kms.ledger(), io::KmsApi::replicate_key, region, io::Moment{})) {
        requests += second.requests;
    }
    return requests;
}

std::vector<CircuitBreaker::State> states(const std::vector<ScopeNews>& news) {
    std::vector<CircuitBreaker::State> states;
    for (const ScopeNews& item : news) {
        states.push_back(item.state);
    }
    return states;
}

using enum CircuitBreaker::State;

TEST(RegionFailures, throttling_in_one_region_does_not_slow_other_regions) {
    const planner::Plan plan = fleet_plan(150, twenty_regions(), kWidePrimary);
    TroubledRun calm(plan, quiet());
    TroubledRun stormy(plan, with_faults("eu-west-1/ReplicateKey.throttle=1@20s..620s"));
    EXPECT_EQ(calm.run(), RunEnd::finished);
    EXPECT_EQ(stormy.run(), RunEnd::finished);
    EXPECT_EQ(stormy.progress.ended.of(Attribution::created), plan.jobs.size());

    const auto ends = stormy.last_effects_s();
    for (const auto& [region, end_s] : calm.last_effects_s()) {
        if (region != "eu-west-1") {
            EXPECT_LE(ends.at(region), 1.02 * end_s) << region;
        }
    }
    const std::vector<simulator::LedgerSecond> by_second = simulator::timeline(
        stormy.kms.ledger(), io::KmsApi::replicate_key, "eu-west-1", io::Moment{});
    std::uint32_t in_storm = 0;
    for (std::size_t second = 20; second < 620; ++second) {
        in_storm += by_second.at(second).requests;
    }
    constexpr double kLookouts = 600.0 / 12;  // one call every twelve seconds, to detect the end of
                                              // throttling
    EXPECT_LE(in_storm, 1.25 * kLookouts);
    std::uint32_t after = 0;
    for (std::size_t second = 655; second < 665; ++second) {
        after += by_second.at(second).effects;
    }
    EXPECT_GE(after, 0.9 * 10 * 2) << "the rate is two calls per second";
}

TEST(RegionFailures, parks_a_region_without_key_quota_and_resumes_when_raised) {
    TroubledRun run(plan_of(40), with_faults("eu-west-1/limit=1@0s..20m"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.of(Attribution::created), run.plan.jobs.size());
    EXPECT_EQ(states(run.news), (std::vector{parked, closed}));
    EXPECT_EQ(run.news.front().reason, FailureClass::key_quota);
    EXPECT_EQ(run.news.front().place.region.name(), "eu-west-1");
    EXPECT_LE(requests_to(run.kms, "eu-west-1"), 40U + 30U)
        << "without parking, there would be thousands";
    EXPECT_LE(run.last_effects_s().at("eu-central-1"), 120) << "the others continue";
    expect_each_replica_once(run.kms, run.plan);
}

TEST(RegionFailures, leaves_a_parked_region_to_a_rerun) {
    TroubledRun run(plan_of(40, "[wait]\npark_timeout = \"5m\"\n"),
                    with_faults("eu-west-1/limit=1@0s..1h"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.of(JobPhase::deferred), 40U);
    EXPECT_EQ(run.progress.ended.of(Attribution::created), 80U);
    EXPECT_EQ(states(run.news), (std::vector{parked, abandoned}));
    EXPECT_LE(run.ended_at, io::Moment{} + minutes(15));

    EXPECT_EQ(run.run(io::Moment{} + minutes(61)), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.of(Attribution::created), run.plan.jobs.size());
    expect_each_replica_once(run.kms, run.plan);
}

TEST(RegionFailures, fails_each_denied_job_with_its_own_message) {
    TroubledRun run(plan_of(40), with_faults("eu-west-1/ReplicateKey.denied=1"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.of(JobPhase::failed), 40U);
    EXPECT_EQ(run.progress.ended.of(Attribution::created), 80U);
    EXPECT_TRUE(run.news.empty()) << "each key has its own policy";
}

TEST(RegionFailures, fails_only_jobs_of_denied_keys_when_others_succeed) {
    TroubledRun run(plan_of(100), with_faults("ReplicateKey.denied=0.1"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_GT(run.progress.ended.of(JobPhase::failed), 10U);
    EXPECT_EQ(run.progress.ended.of(JobPhase::failed) + run.progress.ended.of(Attribution::created),
              run.plan.jobs.size());
    EXPECT_TRUE(run.news.empty());
    EXPECT_EQ(run.kms.ledger().requests(io::KmsApi::replicate_key), run.plan.jobs.size())
        << "no replica was requested twice";
}

/// Denies the keys selected by `is_denied`, by key number, and passes all other calls on.
class DenyingClient final : public PassingClient {
  public:
    DenyingClient(io::KmsClient& client, std::function<bool(std::uint64_t key)> is_denied)
        : PassingClient(client), is_denied_(std::move(is_denied)) {}

    boost::asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> replicate_key(
        io::AccountRegion place, io::ReplicateKeyRequest request) override {
        const std::string number = request.key_id.substr(request.key_id.size() - 8);
        if (!is_denied_(std::stoull(number, nullptr, 16))) {
            co_return co_await PassingClient::replicate_key(std::move(place), std::move(request));
        }
        io::CallFailure denied(
            io::Certainty::refused, io::KmsErrorCode::access_denied, "not authorized");
        co_return io::CallOutcome<io::ReplicateKeyResult>(std::move(denied));
    }

  private:
    std::function<bool(std::uint64_t key)> is_denied_;
};

void TroubledRun::deny(std::function<bool(std::uint64_t key)> is_denied) {
    wrap_ = [is_denied](io::KmsClient& client) -> std::unique_ptr<io::KmsClient> {
        return std::make_unique<DenyingClient>(client, is_denied);
    };
}

TEST(RegionFailures, continues_past_adjacent_denied_keys) {
    TroubledRun run(plan_of(200), quiet());
    run.deny([](std::uint64_t key) { return key >= 40 && key < 52; });
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.of(JobPhase::failed), 12U * 3);
    EXPECT_EQ(run.progress.ended.of(Attribution::created), 188U * 3);
}

// Regardless of the number and positions of denied keys, every other key is replicated within the
// time that one attempt for each key takes.
TEST(RegionFailures, replicates_all_keys_that_are_not_denied) {
    const planner::Plan plan = plan_of(200);
    TroubledRun healthy(plan, quiet());
    ASSERT_EQ(healthy.run(), RunEnd::finished);
    for (const std::uint64_t denied_of_ten : {1U, 5U, 9U}) {
        for (const bool is_in_front : {false, true}) {
            TroubledRun run(plan, quiet());
            run.deny([=](std::uint64_t key) {
                return is_in_front ? key <= 20 * denied_of_ten : key % 10 < denied_of_ten;
            });
            EXPECT_EQ(run.run(), RunEnd::finished);
            EXPECT_EQ(run.progress.ended.of(JobPhase::failed), 60 * denied_of_ten);
            EXPECT_EQ(run.progress.ended.of(Attribution::created), 600 - 60 * denied_of_ten);
            EXPECT_LE(run.ended_at - io::Moment{}, (healthy.ended_at - io::Moment{}) * 1.1);
        }
    }
}

TEST(RegionFailures, waits_for_a_region_that_throttles_from_the_first_call) {
    TroubledRun run(plan_of(60), with_faults("eu-west-1/DescribeKey.throttle=1@0s..50s"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.of(Attribution::created), run.plan.jobs.size());
    EXPECT_TRUE(run.news.empty()) << "a throttle is a response";
}

TEST(RegionFailures, waits_for_regions_that_are_down_in_the_first_minutes) {
    for (const std::string down : {"eu-west-1/DescribeKey.down=1@0s..45s",
                                   "eu-west-1/down=1@0s..5m",
                                   "us-east-1/down=1@0s..5m",
                                   "down=1@0s..5m"}) {
        TroubledRun run(plan_of(20), with_faults(down));
        EXPECT_EQ(run.run(), RunEnd::finished) << down;
        EXPECT_EQ(run.progress.ended.done(), run.plan.jobs.size()) << down;
        expect_each_replica_once(run.kms, run.plan);
    }
}

// KMS calls the replica's Region for ReplicateKey, so calls for a slow Region occupy capacity at
// the primary's endpoint for a long time.
TEST(RegionFailures, a_slow_region_leaves_capacity_to_the_others) {
    constexpr std::string_view kHighQuotas = R"(
[[limits.quota]]
region = "us-east-1"
ReplicateKey = 100
[[limits.quota]]
region = "eu-west-1"
CreateKey = 50
[[limits.quota]]
region = "eu-central-1"
CreateKey = 50
[[limits.quota]]
region = "ap-southeast-2"
CreateKey = 50
)";
    const planner::Plan plan =
        fleet_plan(300, {"eu-west-1", "eu-central-1", "ap-southeast-2"}, kHighQuotas);
    TroubledRun calm(plan, quiet());
    ASSERT_EQ(calm.run(), RunEnd::finished);
    TroubledRun slow(plan, with_faults("eu-west-1/ReplicateKey.slow=1,slow-delay=8s..9s"));
    EXPECT_EQ(slow.run(), RunEnd::finished);
    EXPECT_EQ(slow.progress.ended.of(Attribution::created), plan.jobs.size());
    for (const auto& [region, end_s] : calm.last_effects_s()) {
        if (region != "eu-west-1") {
            EXPECT_LE(slow.last_effects_s().at(region), 1.02 * end_s + 9) << region;
        }
    }
    EXPECT_TRUE(slow.news.empty());
}

TEST(RegionFailures, finishes_a_region_that_is_slower_than_the_request_deadline) {
    TroubledRun run(plan_of(20), with_faults("eu-west-1/ReplicateKey.slow=1,slow-delay=11s..15s"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.done(), run.plan.jobs.size());
    expect_each_replica_once(run.kms, run.plan);
}

TEST(RegionFailures, opens_an_endpoint_that_throttles_after_being_unreachable) {
    TroubledRun run(
        plan_of(40),
        with_faults("eu-west-1/down=1@5s..1m,eu-west-1/DescribeKey.throttle=1@1m..20m"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    ASSERT_GE(run.news.size(), 2U);
    EXPECT_EQ(run.news.front().reason, FailureClass::unreachable);
    EXPECT_EQ(run.news.back().state, closed);
    EXPECT_EQ(run.progress.ended.done(), run.plan.jobs.size());
}

TEST(RegionFailures, parks_only_the_region_with_server_errors) {
    TroubledRun run(plan_of(60), with_faults("eu-west-1/ReplicateKey.internal=1@0s..5m"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.done(), run.plan.jobs.size());
    ASSERT_FALSE(run.news.empty());
    for (const ScopeNews& item : run.news) {
        EXPECT_EQ(item.scope, FailureScope::pair);
        EXPECT_EQ(item.place.region.name(), "eu-west-1");
    }
    expect_each_replica_once(run.kms, run.plan);
}

TEST(RegionFailures, fails_denied_jobs_without_others_to_compare) {
    TroubledRun run(plan_of(1), with_faults("ReplicateKey.denied=1"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.of(JobPhase::failed), 3U);
}

TEST(RegionFailures, waits_for_an_unreachable_region) {
    TroubledRun run(plan_of(40), with_faults("eu-west-1/down=1@10s..5m"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.of(Attribution::created) +
                  run.progress.ended.of(Attribution::created_reconciled),
              run.plan.jobs.size());
    EXPECT_LE(run.last_effects_s().at("eu-central-1"), 120) << "the others continue";
    EXPECT_LE(run.ended_at, io::Moment{} + minutes(5) + minutes(2));
    expect_each_replica_once(run.kms, run.plan);
}

TEST(RegionFailures, waits_for_an_unreachable_primary_region) {
    TroubledRun run(plan_of(40), with_faults("us-east-1/down=1@10s..5m"));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.progress.ended.of(Attribution::created) +
                  run.progress.ended.of(Attribution::created_reconciled),
              run.plan.jobs.size());
    EXPECT_LE(run.ended_at, io::Moment{} + minutes(5) + minutes(2));
    expect_each_replica_once(run.kms, run.plan);
}

}  // namespace
}  // namespace keyferry::engine
