// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/simulated_kms.hpp"

#include "tests/simulator/support/example_keys.hpp"
#include "tools/simulator/service/ledger_timeline.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using example::at;
using example::in_ireland;
using example::in_virginia;
using example::kAccountDigits;
using example::kKeyIdText;
using example::primary;
using example::replicate_to_ireland;

SimulatorSettings with_faults(std::string_view faults, double quota_scale = 0) {
    SimulatorSettings settings;
    settings.quota_scale = quota_scale;
    settings.faults = parse_faults(faults).value();
    return settings;
}

template <typename Result>
std::string code_of(const Served<Result>& served) {
    const auto* refusal = std::get_if<KmsRefusal>(&served.response);
    return refusal == nullptr ? "" : refusal->wire_code;
}

TEST(SimulatedKmsTest, replicate_key_takes_two_create_key_units_in_the_replicas_region) {
    SimulatedKms kms(with_faults("", 1));
    for (int i = 0; i < 2; ++i) {
        kms.serve(in_virginia(), replicate_to_ireland(), at(0s));
    }
    // Four of the five CreateKey units in Ireland are used, so only one more CreateKey succeeds.
    EXPECT_EQ(code_of(kms.serve(in_ireland(), io::CreateKeyRequest(), at(0s))), "");
    EXPECT_EQ(code_of(kms.serve(in_ireland(), io::CreateKeyRequest(), at(0s))),
              "ThrottlingException");
    EXPECT_EQ(kms.ledger().peak(kAccountDigits, "eu-west-1", io::KmsApi::create_key), 6U);
    EXPECT_EQ(kms.ledger().peak(kAccountDigits, "us-east-1", io::KmsApi::replicate_key), 2U);
    EXPECT_EQ(kms.ledger().peak(kAccountDigits, "us-east-1", io::KmsApi::create_key), 0U);
}

TEST(SimulatedKmsTest, reads_have_separate_quotas_and_are_in_the_ledger) {
    SimulatedKms kms(with_faults("", 1));
    kms.model().add_primary_key(primary());
    const std::string key_id{kKeyIdText};
    for (const io::KmsApi api :
         {io::KmsApi::list_aliases, io::KmsApi::list_resource_tags, io::KmsApi::get_key_policy}) {
        kms.quotas().set(kAccountDigits, "us-east-1", api, 1);
    }
    io::ListAliasesRequest aliases;
    aliases.key_id = key_id;
    const io::ListResourceTagsRequest tags(key_id);
    const io::GetKeyPolicyRequest policy(key_id);
    EXPECT_EQ(code_of(kms.serve(in_virginia(), aliases, at(0s))), "");
    EXPECT_EQ(code_of(kms.serve(in_virginia(), tags, at(0s))), "");
    EXPECT_EQ(code_of(kms.serve(in_virginia(), policy, at(0s))), "");
    EXPECT_EQ(code_of(kms.serve(in_virginia(), aliases, at(0s))), "ThrottlingException");
    EXPECT_EQ(code_of(kms.serve(in_virginia(), tags, at(0s))), "ThrottlingException");
    EXPECT_EQ(code_of(kms.serve(in_virginia(), policy, at(0s))), "ThrottlingException");
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::list_aliases), 2U);
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::list_resource_tags), 2U);
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::get_key_policy), 2U);
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::list_keys), 0U);
    for (const LedgerEntry& entry : kms.ledger().entries()) {
        EXPECT_EQ(entry.key, key_id) << entry.operation;
    }
    EXPECT_EQ(kms.ledger().entries()[0].operation, "ListAliases");
    EXPECT_EQ(kms.ledger().entries()[1].operation, "ListResourceTags");
    EXPECT_EQ(kms.ledger().entries()[2].operation, "GetKeyPolicy");
}

TEST(SimulatedKmsTest, throttle_has_kms_message) {
    SimulatedKms kms(with_faults("throttle=1"));
    const auto served = kms.serve(in_virginia(), io::ListKeysRequest(), at(0s));
    const KmsRefusal& refusal = std::get<KmsRefusal>(served.response);
    EXPECT_EQ(refusal.message,
              "You have exceeded the rate at which you may call KMS. Reduce the frequency of your "
              "calls.");
    EXPECT_EQ(refusal.http_status, 400);
}

TEST(SimulatedKmsTest, failed_replicate_key_also_takes_quota) {
    SimulatedKms kms(with_faults("", 1));
    const io::ReplicateKeyRequest unknown("mrk-ffffffffffffffffffffffffffffffff", "eu-west-1");
    EXPECT_EQ(code_of(kms.serve(in_virginia(), unknown, at(0s))), "NotFoundException");
    EXPECT_EQ(code_of(kms.serve(in_virginia(), unknown, at(0s))), "NotFoundException");
    EXPECT_EQ(code_of(kms.serve(in_virginia(), unknown, at(0s))), "ThrottlingException");
    EXPECT_EQ(code_of(kms.serve(in_virginia(), unknown, at(1s))), "NotFoundException");
}

TEST(SimulatedKmsTest, internal_errors_occur_before_or_after_the_effect) {
    for (const char* fault : {"internal=1", "internal-after=1"}) {
        SimulatedKms kms(with_faults(fault));
        kms.model().add_primary_key(primary());
        const auto served = kms.serve(in_virginia(), replicate_to_ireland(), at(0s));
        EXPECT_EQ(code_of(served), "KMSInternalException");
        EXPECT_EQ(std::get<KmsRefusal>(served.response).http_status, 500);
        EXPECT_EQ(served.delivery, Delivery::answered);
        const bool after = std::string_view(fault) == "internal-after=1";
        EXPECT_EQ(kms.ledger().effects(kKeyIdText, "eu-west-1"), after ? 1U : 0U);
    }
}

TEST(SimulatedKmsTest, lost_response_has_an_effect_and_reset_has_none) {
    for (const char* fault : {"lost=1", "reset=1"}) {
        SimulatedKms kms(with_faults(fault));
        kms.model().add_primary_key(primary());
        const bool lost = std::string_view(fault) == "lost=1";
        EXPECT_EQ(kms.serve(in_virginia(), replicate_to_ireland(), at(0s)).delivery,
                  lost ? Delivery::closed : Delivery::reset);
        EXPECT_EQ(kms.ledger().effects(kKeyIdText, "eu-west-1"), lost ? 1U : 0U);
        EXPECT_FALSE(kms.ledger().entries().back().answered);
    }
}

TEST(SimulatedKmsTest, slow_response_is_correct_and_delayed) {
    SimulatedKms kms(with_faults("slow=1,slow-delay=3s..4s"));
    const auto served = kms.serve(in_virginia(), io::ListKeysRequest(), at(0s));
    EXPECT_EQ(code_of(served), "");
    EXPECT_GE(served.delay, 3s);
    EXPECT_LE(served.delay, 4s);
}

TEST(SimulatedKmsTest, key_quota_error_has_kms_message) {
    SimulatedKms kms(with_faults("limit=1"));
    kms.model().add_primary_key(primary());
    const auto served = kms.serve(in_virginia(), replicate_to_ireland(), at(0s));
    EXPECT_EQ(code_of(served), "LimitExceededException");
    EXPECT_EQ(std::get<KmsRefusal>(served.response).message,
              "Key quota for this account in this region is 100000 but the current usage is "
              "100000.");
    EXPECT_EQ(kms.ledger().effects(EffectKind::replica_created), 0U);
}

TEST(SimulatedKmsTest, denied_call_names_caller_action_and_key) {
    SimulatedKms kms(with_faults("denied=1"));
    const auto served = kms.serve(in_virginia(), replicate_to_ireland(), at(0s));
    EXPECT_EQ(code_of(served), "AccessDeniedException");
    EXPECT_THAT(std::get<KmsRefusal>(served.response).message,
                testing::MatchesRegex("User: arn:aws:iam::111122223333:user/simulated is not "
                                      "authorized to perform: kms:ReplicateKey on resource: .*" +
                                      std::string(kKeyIdText) + ".*"));
    EXPECT_EQ(kms.ledger().effects(EffectKind::replica_created), 0U);
}

TEST(SimulatedKmsTest, down_region_is_unreachable_and_takes_no_quota) {
    SimulatedKms kms(with_faults("us-east-1/down=1", 1));
    const auto served = kms.serve(in_virginia(), replicate_to_ireland(), at(0s));
    EXPECT_EQ(served.delivery, Delivery::unreachable);
    EXPECT_EQ(kms.ledger().peak(kAccountDigits, "us-east-1", io::KmsApi::replicate_key), 0U);
    EXPECT_EQ(kms.ledger().entries().back().fault, FaultKind::down);
    EXPECT_FALSE(kms.ledger().entries().back().answered);
}

TEST(SimulatedKmsTest, down_replica_region_is_a_dependency_timeout) {
    SimulatedKms kms(with_faults("eu-west-1/down=1"));
    kms.model().add_primary_key(primary());
    const auto served = kms.serve(in_virginia(), replicate_to_ireland(), at(0s));
    EXPECT_EQ(served.delivery, Delivery::answered);
    EXPECT_EQ(code_of(served), "DependencyTimeoutException");
    EXPECT_EQ(std::get<KmsRefusal>(served.response).http_status, 503);
    EXPECT_EQ(kms.ledger().effects(EffectKind::replica_created), 0U);
}

TEST(SimulatedKmsTest, fault_windows_start_at_the_first_request_or_the_configured_time) {
    SimulatorSettings settings = with_faults("throttle=1@0s..10s");
    SimulatedKms from_first(settings);
    EXPECT_NE(code_of(from_first.serve(in_virginia(), io::ListKeysRequest(), at(60s))), "");
    settings.started_at = at(0s).now;
    SimulatedKms from_start(settings);
    EXPECT_EQ(code_of(from_start.serve(in_virginia(), io::ListKeysRequest(), at(60s))), "");
}

TEST(SimulatedKmsTest, reports_exceeded_quotas) {
    SimulatedKms kms(with_faults("", 1));
    for (int i = 0; i < 2; ++i) {
        kms.serve(in_virginia(), replicate_to_ireland(), at(0s));
    }
    EXPECT_TRUE(kms.exceeded_quotas().empty()) << "2 of 5 and 4 of 5";
    kms.serve(in_virginia(), replicate_to_ireland(), at(900ms));
    const std::vector<ExceededQuota> passed = kms.exceeded_quotas();
    ASSERT_EQ(passed.size(), 1U);
    EXPECT_EQ(passed[0].peak.region, "eu-west-1");
    EXPECT_EQ(passed[0].peak.units, 6U);
    EXPECT_EQ(passed[0].quota, 5U);
}

TEST(SimulatedKmsTest, request_ids_are_uuids) {
    SimulatedKms kms(with_faults(""));
    EXPECT_THAT(kms.serve(in_virginia(), io::ListKeysRequest(), at(0s)).request_id,
                testing::MatchesRegex(
                    "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST(LedgerTest, keeps_every_request_with_its_effect_and_response) {
    SimulatedKms kms(with_faults(""));
    kms.model().add_primary_key(primary());
    kms.serve(in_virginia(), replicate_to_ireland(), at(3s));
    kms.serve(in_virginia(), replicate_to_ireland(), at(4s));
    const Ledger& ledger = kms.ledger();
    EXPECT_EQ(ledger.requests(), 2U);
    EXPECT_EQ(ledger.requests(io::KmsApi::replicate_key), 2U);
    EXPECT_EQ(ledger.requests(io::KmsApi::describe_key), 0U);
    EXPECT_EQ(ledger.effects(EffectKind::replica_created), 1U);
    EXPECT_EQ(ledger.effects(kKeyIdText, "eu-west-1"), 1U);
    EXPECT_EQ(ledger.effects(kKeyIdText, "us-east-1"), 0U);
    EXPECT_EQ(ledger.last_request(), at(4s).now);
    EXPECT_EQ(ledger.entries()[0].effect.kind, EffectKind::replica_created);
    EXPECT_EQ(ledger.entries()[1].code, "AlreadyExistsException");
    EXPECT_EQ(ledger.entries()[1].http_status, 400);
}

TEST(LedgerTest, memory_is_bounded_and_counts_are_complete) {
    SimulatorSettings settings = with_faults("");
    settings.ledger_entries_max = 3;
    SimulatedKms kms(settings);
    for (int i = 0; i < 10; ++i) {
        kms.serve(in_virginia(), io::CreateKeyRequest(), at(0s));
    }
    EXPECT_EQ(kms.ledger().entries().size(), 3U);
    EXPECT_EQ(kms.ledger().requests(), 10U);
    EXPECT_EQ(kms.ledger().effects(EffectKind::key_created), 10U);
}

TEST(LedgerTest, peak_is_the_busiest_one_second_window) {
    Ledger ledger;
    const QuotaCharge charge{"111122223333", "us-east-1", io::KmsApi::list_keys, 1};
    for (const auto when : {0ms, 900ms, 1100ms, 1200ms, 5000ms}) {
        ledger.count_arrival(charge, at(when).now);
    }
    EXPECT_EQ(ledger.peak("111122223333", "us-east-1", io::KmsApi::list_keys), 3U);
    ASSERT_EQ(ledger.peaks().size(), 1U);
    EXPECT_EQ(ledger.peaks()[0].region, "us-east-1");
}

TEST(LedgerTest, timeline_counts_each_second_of_a_region) {
    SimulatedKms kms(with_faults("throttle=1@2s..3s"));
    kms.model().add_primary_key(primary());
    for (const auto when : {0ms, 10ms, 2999ms}) {
        kms.serve(in_virginia(), replicate_to_ireland(), at(when));
    }
    kms.serve(in_virginia(), io::ListKeysRequest(), at(4s));
    const io::Moment start = at(0s).now;
    EXPECT_EQ(timeline(kms.ledger(), io::KmsApi::replicate_key, "eu-west-1", start),
              (std::vector<LedgerSecond>{{2, 0, 1}, {0, 0, 0}, {1, 1, 0}}));
    EXPECT_TRUE(timeline(kms.ledger(), io::KmsApi::replicate_key, "us-east-1", start).empty());
}

TEST(LedgerTest, writes_one_json_object_per_request) {
    SimulatedKms kms(with_faults("lost=1"));
    kms.model().add_primary_key(primary());
    std::string text;
    kms.ledger().observe([&](const LedgerEntry& entry) {
        append_json(entry, text);
        text.push_back('\n');
    });
    io::ReplicateKeyRequest odd("a\"b\\\n\x01", "eu-west-1");
    kms.serve(in_virginia(), odd, at(0s));
    kms.serve(in_virginia(), replicate_to_ireland(), at(0s));
    ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
    const std::size_t end = text.find('\n');
    const auto first = boost::json::parse(text.substr(0, end)).as_object();
    EXPECT_EQ(first.at("key").as_string(), "a\"b\\\n\x01");
    EXPECT_EQ(first.at("code").as_string(), "NotFoundException");
    const auto second = boost::json::parse(text.substr(end + 1)).as_object();
    EXPECT_EQ(second.at("effect").as_string(), "replica_created");
    EXPECT_EQ(second.at("effect_key").as_string(), kKeyIdText);
    EXPECT_EQ(second.at("effect_region").as_string(), "eu-west-1");
    EXPECT_EQ(second.at("fault").as_string(), "lost");
    EXPECT_EQ(second.at("answered").as_bool(), false);
    EXPECT_EQ(second.at("time_ms").as_int64(), 1'800'000'000'000);
}

}  // namespace
}  // namespace keyferry::simulator
