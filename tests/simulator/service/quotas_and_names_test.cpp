// SPDX-License-Identifier: Apache-2.0
#include "tests/simulator/support/example_keys.hpp"
#include "tools/simulator/service/request_quotas.hpp"
#include "tools/simulator/values/duration_range.hpp"
#include "tools/simulator/values/packed_key_id.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using example::at;

constexpr QuotaCharge kReplicate{"111122223333", "us-east-1", io::KmsApi::replicate_key, 1};

TEST(RequestQuotasTest, defaults_match_kms) {
    RequestQuotas quotas(1);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::create_key), 5U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::replicate_key), 5U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::describe_key), 2000U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::list_keys), 500U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::list_aliases), 500U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::list_resource_tags), 2000U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::get_key_policy), 1000U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::tag_resource), 10U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::delete_alias), 15U);
    EXPECT_EQ(quotas.quota("111122223333", "us-east-1", io::KmsApi::update_primary_region), 5U);
}

TEST(RequestQuotasTest, quota_for_symmetric_keys_depends_on_the_region) {
    RequestQuotas quotas(1);
    EXPECT_EQ(quotas.quota("111122223333", "eu-west-1", io::KmsApi::encrypt), 100'000U);
    EXPECT_EQ(quotas.quota("111122223333", "eu-west-2", io::KmsApi::encrypt), 20'000U);
    EXPECT_EQ(quotas.quota("111122223333", "eu-west-3", io::KmsApi::encrypt), 10'000U);
}

TEST(RequestQuotasTest, cryptographic_operations_share_a_quota_by_type_of_key) {
    using enum io::KmsApi;
    EXPECT_EQ(shared_quota_charge(decrypt, "SYMMETRIC_DEFAULT").api, encrypt);
    EXPECT_EQ(shared_quota_charge(generate_mac, "HMAC_256").api, encrypt);
    EXPECT_EQ(shared_quota_charge(encrypt, "RSA_2048").api, sign);
    EXPECT_EQ(shared_quota_charge(verify, "RSA_4096").api, sign);
    EXPECT_EQ(shared_quota_charge(sign, "ECC_NIST_P256").api, derive_shared_secret);
    EXPECT_EQ(shared_quota_charge(generate_data_key_pair, "ECC_NIST_P256").units, 1U);
    EXPECT_EQ(shared_quota_charge(generate_data_key_pair_without_plaintext, "RSA_2048").api,
              generate_data_key_pair);
    EXPECT_EQ(shared_quota_charge(generate_data_key_pair, "RSA_2048").units, 5U);
    EXPECT_EQ(shared_quota_charge(generate_data_key_pair, "RSA_3072").units, 25U);
    EXPECT_EQ(shared_quota_charge(generate_data_key_pair, "RSA_4096").units, 100U);
}

TEST(RequestQuotasTest, no_one_second_window_exceeds_the_quota) {
    RequestQuotas quotas(1);
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(quotas.take(kReplicate, at(i * 100ms).now));
    }
    EXPECT_FALSE(quotas.take(kReplicate, at(999ms).now));
    EXPECT_TRUE(quotas.take(kReplicate, at(1000ms).now));  // the one at 0 ms is outside the window
    EXPECT_FALSE(
        quotas.take(kReplicate, at(1050ms).now));  // the one at 100 ms is inside the window
}

TEST(RequestQuotasTest, rejected_request_uses_no_quota) {
    RequestQuotas quotas(1);
    const QuotaCharge two{"111122223333", "eu-west-1", io::KmsApi::create_key, 2};
    EXPECT_TRUE(quotas.take(two, at(0s).now));
    EXPECT_TRUE(quotas.take(two, at(0s).now));
    EXPECT_FALSE(quotas.take(two, at(0s).now));
    const QuotaCharge one{"111122223333", "eu-west-1", io::KmsApi::create_key, 1};
    EXPECT_TRUE(quotas.take(one, at(0s).now));
}

TEST(RequestQuotasTest, accounts_regions_and_apis_are_counted_separately) {
    RequestQuotas quotas(0.2);  // one ReplicateKey per second
    EXPECT_TRUE(quotas.take(kReplicate, at(0s).now));
    EXPECT_TRUE(
        quotas.take({"999988887777", "us-east-1", io::KmsApi::replicate_key, 1}, at(0s).now));
    EXPECT_TRUE(
        quotas.take({"111122223333", "us-west-2", io::KmsApi::replicate_key, 1}, at(0s).now));
    EXPECT_TRUE(quotas.take({"111122223333", "us-east-1", io::KmsApi::create_key, 2}, at(0s).now));
    EXPECT_FALSE(quotas.take(kReplicate, at(0s).now));
}

TEST(RequestQuotasTest, scale_zero_disables_quotas_and_small_scale_allows_one_call) {
    EXPECT_EQ(RequestQuotas(0).quota("1", "r", io::KmsApi::create_key), RequestQuotas::kUnlimited);
    EXPECT_EQ(RequestQuotas(0.001).quota("1", "r", io::KmsApi::create_key), 2U);
    EXPECT_EQ(RequestQuotas(10).quota("1", "r", io::KmsApi::create_key), 50U);
}

TEST(RequestQuotasTest, quota_can_be_set_for_one_account_and_region) {
    RequestQuotas quotas(10);
    quotas.set("111122223333", "us-east-1", io::KmsApi::replicate_key, 1);
    EXPECT_TRUE(quotas.take(kReplicate, at(0s).now));
    EXPECT_FALSE(quotas.take(kReplicate, at(0s).now));
}

// ------------------------------------------------------------------------------------- durations

TEST(DurationTest, parses_range_or_single_duration) {
    EXPECT_EQ(parse_duration_range("2s..6s").value(), (DurationRange{2s, 6s}));
    EXPECT_EQ(parse_duration_range("3s").value(), (DurationRange{3s, 3s}));
    EXPECT_FALSE(parse_duration_range("6s..2s").has_value());
    EXPECT_FALSE(parse_duration_range("2s..").has_value());
    EXPECT_FALSE(parse_duration_range("2s..25h").has_value());
}

// --------------------------------------------------------------------------------------- key IDs

TEST(PackedKeyIdTest, both_key_id_formats_round_trip) {
    for (const char* text :
         {"mrk-1234abcd12ab34cd56ef1234567890ab", "1234abcd-12ab-34cd-56ef-1234567890ab"}) {
        ASSERT_TRUE(PackedKeyId::parse(text).has_value()) << text;
        EXPECT_EQ(PackedKeyId::parse(text)->text(), text);
    }
}

TEST(PackedKeyIdTest, rejects_other_texts) {
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
}  // namespace keyferry::simulator
