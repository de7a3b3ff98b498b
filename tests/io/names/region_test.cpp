// SPDX-License-Identifier: Apache-2.0
#include "io/names/region.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;

Region region(std::string_view name) {
    return Region::parse(name).value();
}

TEST(RegionParse, accepts_kms_region_type) {
    for (const std::string_view name : {"eu-central-1", "us-gov-west-1", "ap-southeast-12"}) {
        EXPECT_EQ(region(name).name(), name);
    }
}

TEST(RegionParse, rejects_what_region_type_does_not_allow) {
    for (const std::string_view name : {"",
                                        "eu",
                                        "eu-central",
                                        "eu-central-",
                                        "EU-central-1",
                                        "eu--1",
                                        "-eu-west-1",
                                        "eu-1",
                                        "a-b-c-d-1",
                                        "eu-central-1a",
                                        "eu_central_1",
                                        "aws-global",
                                        " eu-west-1"}) {
        EXPECT_FALSE(Region::parse(name)) << name;
    }
}

TEST(RegionParse, rejects_more_than_32_characters) {
    EXPECT_TRUE(Region::parse("aaaaaaaaaaaaaa-bbbbbbbbbbbbbbb-1"));
    EXPECT_FALSE(Region::parse("aaaaaaaaaaaaaa-bbbbbbbbbbbbbbb-12"));
}

TEST(RegionParse, error_quotes_text_and_expectation) {
    const std::string problem = Region::parse("Frankfurt\n").error().text;
    EXPECT_THAT(problem, HasSubstr("'Frankfurt\\x0a'"));
    EXPECT_THAT(problem, HasSubstr("eu-central-1"));
}

TEST(RegionPartition, follows_from_name) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"us-east-1", "aws"},
        {"sa-west-1", "aws"},
        {"cn-north-1", "aws-cn"},
        {"us-gov-west-1", "aws-us-gov"},
        {"eusc-de-east-1", "aws-eusc"},
        {"us-iso-east-1", "aws-iso"},
        {"us-isob-east-1", "aws-iso-b"},
        {"eu-isoe-west-1", "aws-iso-e"},
        {"us-isof-south-1", "aws-iso-f"},
    };
    for (const auto& [name, partition] : cases) {
        EXPECT_EQ(region(name).partition().name, partition) << name;
    }
}

TEST(RegionPartition, defaults_to_aws) {
    EXPECT_EQ(region("moon-north-1").partition().name, "aws");
    EXPECT_EQ(region("cn-north-east-1").partition().name, "aws");
}

TEST(RegionPartition, has_dns_suffixes) {
    EXPECT_EQ(region("cn-north-1").partition().dns_suffix, "amazonaws.com.cn");
    EXPECT_EQ(region("eusc-de-east-1").partition().dual_stack_suffix, "api.amazonwebservices.eu");
}

TEST(OptInRegion, is_aws_region_launched_after_march_2019) {
    EXPECT_FALSE(is_opt_in_region(region("eu-central-1")));
    EXPECT_TRUE(is_opt_in_region(region("eu-central-2")));
    EXPECT_TRUE(is_opt_in_region(region("eu-nowhere-7")));
    EXPECT_FALSE(is_opt_in_region(region("cn-north-1")));
}

TEST(KnownRegion, distinguishes_typos) {
    EXPECT_TRUE(is_known_region(region("us-east-1")));
    EXPECT_TRUE(is_known_region(region("me-west-1")));
    EXPECT_TRUE(is_known_region(region("us-isof-east-1")));
    EXPECT_FALSE(is_known_region(region("us-esat-1")));
}

}  // namespace
}  // namespace keyferry::io
