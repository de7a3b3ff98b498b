// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/permissions.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace keyferry::simulator {
namespace {

TEST(PermissionsTest, allow_everything_by_default) {
    EXPECT_TRUE(Permissions().allow("kms:ReplicateKey", "us-east-1"));
    EXPECT_FALSE(Permissions(std::vector<Permission>()).allow("kms:ReplicateKey", "us-east-1"));
}

TEST(PermissionsTest, limit_actions_to_regions) {
    const Permissions reader(
        std::vector<Permission>{{{"kms:Describe*", "kms:List*"}, {"*"}},
                                {{"kms:ReplicateKey", "kms:createkey"}, {"eu-*", "us-east-1"}}});
    EXPECT_TRUE(reader.allow("kms:DescribeKey", "ap-south-1"));
    EXPECT_TRUE(reader.allow("kms:ReplicateKey", "eu-west-1"));
    EXPECT_TRUE(reader.allow("kms:CreateKey", "us-east-1")) << "actions are case-insensitive";
    EXPECT_FALSE(reader.allow("kms:ReplicateKey", "us-east-2"));
    EXPECT_FALSE(reader.allow("kms:ReplicateKeys", "us-east-1"));
    EXPECT_FALSE(reader.allow("kms:TagResource", "eu-west-1"));
}

TEST(PermissionsTest, star_matches_any_characters_anywhere) {
    const Permissions patterns(std::vector<Permission>{{{"*:*Key*", "sts:A*e*R*e"}, {"*-west-*"}}});
    EXPECT_TRUE(patterns.allow("kms:DescribeKey", "eu-west-1"));
    EXPECT_TRUE(patterns.allow("kms:ListKeys", "us-west-2"));
    EXPECT_TRUE(patterns.allow("sts:AssumeRole", "us-west-2"));
    EXPECT_FALSE(patterns.allow("kms:TagResource", "us-west-2"));
    EXPECT_FALSE(patterns.allow("kms:ListKeys", "us-east-1"));
}

}  // namespace
}  // namespace keyferry::simulator
