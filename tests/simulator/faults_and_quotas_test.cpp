#include "example_keys.hpp"
#include "tools/simulator/duration_range.hpp"
#include "tools/simulator/fault_plan.hpp"
#include "tools/simulator/packed_key_id.hpp"
#include "tools/simulator/request_quotas.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>
#include <map>

namespace keyferry {
namespace {

using namespace std::chrono_literals;
using example::at;
using testing::HasSubstr;

constexpr QuotaCharge kReplicate{"111122223333", "us-east-1", KmsApi::replicate_key, 1};

TEST(RequestQuotasTest, DefaultsAreThoseOfKms) {
    RequestQuotas quotas(1);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", KmsApi::create_key), 5U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", KmsApi::replicate_key), 5U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", KmsApi::describe_key), 2000U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", KmsApi::list_keys), 500U);
}

TEST(RequestQuotasTest, NoSecondWhereverItBeginsHasMoreThanTheQuota) {
    RequestQuotas quotas(1);
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(quotas.take(kReplicate, at(i * 100ms).now));
    }
    EXPECT_FALSE(quotas.take(kReplicate, at(999ms).now));
    EXPECT_TRUE(quotas.take(kReplicate, at(1000ms).now));   // the one at 0 ms is a second ago
    EXPECT_FALSE(quotas.take(kReplicate, at(1050ms).now));  // the one at 100 ms is not
}

TEST(RequestQuotasTest, ARefusedRequestTakesNothing) {
    RequestQuotas quotas(1);
    const QuotaCharge two{"111122223333", "eu-west-1", KmsApi::create_key, 2};
    EXPECT_TRUE(quotas.take(two, at(0s).now));
    EXPECT_TRUE(quotas.take(two, at(0s).now));
    EXPECT_FALSE(quotas.take(two, at(0s).now));
    const QuotaCharge one{"111122223333", "eu-west-1", KmsApi::create_key, 1};
    EXPECT_TRUE(quotas.take(one, at(0s).now));
}

TEST(RequestQuotasTest, AccountsRegionsAndApisAreCountedApart) {
    RequestQuotas quotas(0.2);  // one ReplicateKey a second
    EXPECT_TRUE(quotas.take(kReplicate, at(0s).now));
    EXPECT_TRUE(quotas.take({"999988887777", "us-east-1", KmsApi::replicate_key, 1}, at(0s).now));
    EXPECT_TRUE(quotas.take({"111122223333", "us-west-2", KmsApi::replicate_key, 1}, at(0s).now));
    EXPECT_TRUE(quotas.take({"111122223333", "us-east-1", KmsApi::create_key, 2}, at(0s).now));
    EXPECT_FALSE(quotas.take(kReplicate, at(0s).now));
}

TEST(RequestQuotasTest, ScaleZeroMeansNoQuotasAndASmallOneStillLetsACallThrough) {
    EXPECT_EQ(RequestQuotas(0).quota("1", "r", KmsApi::create_key), RequestQuotas::kUnlimited);
    EXPECT_EQ(RequestQuotas(0.001).quota("1", "r", KmsApi::create_key), 2U);
    EXPECT_EQ(RequestQuotas(10).quota("1", "r", KmsApi::create_key), 50U);
}

TEST(RequestQuotasTest, AQuotaCanBeSetForOnePlace) {
    RequestQuotas quotas(10);
    quotas.set("111122223333", "us-east-1", KmsApi::replicate_key, 1);
    EXPECT_TRUE(quotas.take(kReplicate, at(0s).now));
    EXPECT_FALSE(quotas.take(kReplicate, at(0s).now));
}

// ---------------------------------------------------------------------------------------- faults

TEST(FaultPlanTest, RatesHoldForAllOperationsUnlessOneIsNamed) {
    const FaultSettings faults =
        parse_faults("ReplicateKey.throttle=0.5,throttle=0.1,lost=0.02,slow-delay=1s..2s").value();
    const auto throttle = static_cast<std::size_t>(FaultKind::throttle);
    EXPECT_EQ(faults.of(KmsApi::describe_key)[throttle], 0.1);
    EXPECT_EQ(faults.of(KmsApi::replicate_key)[throttle], 0.5);
    EXPECT_EQ(faults.of(KmsApi::replicate_key)[static_cast<std::size_t>(FaultKind::lost)], 0.02);
    EXPECT_EQ(faults.slow_delay, (DurationRange{1s, 2s}));
}

TEST(FaultPlanTest, MistakesAreQuoted) {
    const auto problem = [](std::string_view text) {
        return parse_faults(text).error().text;
    };
    EXPECT_THAT(problem("throtle=0.1"), HasSubstr("\"throtle=0.1\" names no fault"));
    EXPECT_THAT(problem("throttle=5%"), HasSubstr("no rate between 0 and 1"));
    EXPECT_THAT(problem("throttle"), HasSubstr("names no fault"));
    EXPECT_THAT(problem("Encrypt.lost=0.1"), HasSubstr("\"Encrypt\""));
    EXPECT_THAT(problem("lost=0.6,reset=0.6"), HasSubstr("more than 1"));
    EXPECT_THAT(problem("slow-delay=2s..1s"), HasSubstr("begins later than it ends"));
}

TEST(FaultPlanTest, KindsComeAtTheirRates) {
    FaultPlan plan(parse_faults("throttle=0.05,internal=0.02,lost=0.01").value(), 1);
    std::map<FaultKind, int> seen;
    constexpr int kCalls = 100'000;
    for (int i = 0; i < kCalls; ++i) {
        ++seen[plan.decide(KmsApi::replicate_key).kind];
    }
    EXPECT_NEAR(seen[FaultKind::throttle], 5000, 300);
    EXPECT_NEAR(seen[FaultKind::internal], 2000, 200);
    EXPECT_NEAR(seen[FaultKind::lost], 1000, 150);
    EXPECT_EQ(seen[FaultKind::reset], 0);
}

TEST(FaultPlanTest, TheSeedDecides) {
    const FaultSettings settings = parse_faults("slow=0.5").value();
    const auto draw = [&](std::uint64_t seed) {
        FaultPlan plan(settings, seed);
        std::vector<std::chrono::nanoseconds> delays;
        for (int i = 0; i < 20; ++i) {
            delays.push_back(plan.decide(KmsApi::list_keys).delay);
        }
        return delays;
    };
    EXPECT_EQ(draw(3), draw(3));
    EXPECT_NE(draw(3), draw(4));
}

// ------------------------------------------------------------------------------------- durations

TEST(DurationTest, ARangeIsTwoDurationsOrOneForBothEnds) {
    EXPECT_EQ(parse_duration_range("2s..6s").value(), (DurationRange{2s, 6s}));
    EXPECT_EQ(parse_duration_range("3s").value(), (DurationRange{3s, 3s}));
    EXPECT_FALSE(parse_duration_range("6s..2s").has_value());
    EXPECT_FALSE(parse_duration_range("2s..").has_value());
    EXPECT_FALSE(parse_duration_range("2s..25h").has_value());
}

// --------------------------------------------------------------------------------------- key ids

TEST(PackedKeyIdTest, BothFormsOfKeyIdsComeBackAsTheyWere) {
    for (const char* text :
         {"mrk-1234abcd12ab34cd56ef1234567890ab", "1234abcd-12ab-34cd-56ef-1234567890ab"}) {
        ASSERT_TRUE(PackedKeyId::parse(text).has_value()) << text;
        EXPECT_EQ(PackedKeyId::parse(text)->text(), text);
    }
}

TEST(PackedKeyIdTest, OtherTextsAreNone) {
    for (const char* text : {"",
                             "mrk-",
                             "mrk-1234abcd12ab34cd56ef1234567890a",
                             "mrk-1234ABCD12ab34cd56ef1234567890ab",
                             "1234abcd-12ab-34cd-56ef-1234567890a",
                             "1234abcd012ab-34cd-56ef-1234567890ab",
                             "alias/x"}) {
        EXPECT_FALSE(PackedKeyId::parse(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace keyferry
