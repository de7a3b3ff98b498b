// SPDX-License-Identifier: Apache-2.0
#include "io/names/account_id.hpp"
#include "io/names/key_arn.hpp"
#include "io/names/key_id.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kKeyId = "mrk-1234abcd12ab34cd56ef1234567890ab";
constexpr std::string_view kArn =
    "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

std::string key_id_problem(std::string_view text) {
    return KeyId::parse(text).error().text;
}

std::string arn_problem(std::string_view text) {
    return KeyArn::parse(text).error().text;
}

TEST(AccountIdParse, accepts_twelve_digits) {
    EXPECT_EQ(AccountId::parse("011122223333")->digits(), "011122223333");
}

TEST(AccountIdParse, rejects_everything_else) {
    for (const std::string_view text : {"", "1111222233334", "11112222333x", "1111-2222-3333"}) {
        EXPECT_FALSE(AccountId::parse(text)) << text;
    }
}

TEST(AccountIdParse, mentions_lost_leading_zeros) {
    EXPECT_THAT(AccountId::parse("11122223333").error().text, HasSubstr("leading zeros"));
}

TEST(KeyIdParse, accepts_mrk_and_32_lower_case_hex_digits) {
    EXPECT_EQ(KeyId::parse(kKeyId)->text(), kKeyId);
}

TEST(KeyIdParse, explains_arn) {
    EXPECT_THAT(key_id_problem(kArn), HasSubstr("is an ARN"));
}

TEST(KeyIdParse, explains_alias) {
    EXPECT_THAT(key_id_problem("alias/payments"), HasSubstr("is an alias"));
}

TEST(KeyIdParse, explains_single_region_key) {
    EXPECT_THAT(key_id_problem("1234abcd-12ab-34cd-56ef-1234567890ab"),
                HasSubstr("can never replicate"));
}

TEST(KeyIdParse, names_error_in_similar_id) {
    EXPECT_THAT(key_id_problem("mrk-1234abcd"), HasSubstr("8 characters after mrk-"));
    EXPECT_THAT(key_id_problem("mrk-1234ABCD12ab34cd56ef1234567890ab"), HasSubstr("lower case"));
    EXPECT_THAT(key_id_problem("mrk-1234abcd12ab34cd56ef1234567890xy"), HasSubstr("a-f"));
    EXPECT_THAT(key_id_problem("1234abcd12ab34cd56ef1234567890ab"), HasSubstr("mrk- and 32"));
    EXPECT_THAT(key_id_problem(""), HasSubstr("mrk- and 32"));
}

TEST(KeyArnParse, round_trips) {
    const KeyArn arn = KeyArn::parse(kArn).value();
    EXPECT_EQ(arn.region.name(), "us-east-1");
    EXPECT_EQ(arn.account.digits(), "111122223333");
    EXPECT_EQ(arn.key_id.text(), kKeyId);
    EXPECT_EQ(arn.text(), kArn);
}

TEST(KeyArnParse, keeps_the_partition_of_the_region) {
    constexpr std::string_view kChinese =
        "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    EXPECT_EQ(KeyArn::parse(kChinese)->text(), kChinese);
}

TEST(KeyArnIn, changes_only_the_region) {
    const KeyArn arn = KeyArn::parse(kArn).value();
    EXPECT_EQ(arn.in(Region::parse("eu-west-1").value()).text(),
              "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab");
}

TEST(KeyArnParse, names_invalid_part) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"mrk-1234abcd12ab34cd56ef1234567890ab", "is not a key ARN"},
        {"arn:aws:kms:us-east-1", "is not a key ARN"},
        {"arn:aws:s3:us-east-1:111122223333:key/mrk-", "the service is 's3'"},
        {"arn:aws:kms:us-east:111122223333:key/mrk-", "'us-east' is not a Region"},
        {"arn:aws-cn:kms:us-east-1:111122223333:key/mrk-", "us-east-1 is in partition aws"},
        {"arn:aws:kms:us-east-1:1111:key/mrk-", "'1111' is not an AWS account"},
        {"arn:aws:kms:us-east-1:111122223333:alias/payments", "it names an alias"},
        {"arn:aws:kms:us-east-1:111122223333:thing", "'thing' is not a key"},
        {"arn:aws:kms:us-east-1:111122223333:key/mrk-1", "'mrk-1' is not a key id"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_THAT(arn_problem(text), HasSubstr(std::string(expected)));
    }
}

}  // namespace
}  // namespace keyferry::io
