// SPDX-License-Identifier: Apache-2.0
// The Regions, accounts and actions that a key policy depends on.
#include "planner/policy/policy_scope.hpp"

#include "planner/text/glob.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const io::AccountId kAccount = io::AccountId::parse("111122223333").value();

/// A policy with one statement that gives the account full access, plus these members.
std::string policy_with(const std::string& members) {
    return R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
           R"("Action":"kms:*","Resource":"*")" +
           members + "}]}";
}

std::string allowing(const std::string& principal, const std::string& action) {
    return R"({"Statement":{"Effect":"Allow","Principal":)" + principal + R"(,"Action":)" + action +
           R"(,"Resource":"*"}})";
}

/// Formats each binding as "where: Region Region".
std::vector<std::string> bindings_of(const std::string& policy) {
    std::vector<std::string> texts;
    for (const RegionBinding& binding : policy_scope(policy).bindings) {
        texts.push_back(binding.where + ":");
        for (const std::string& region : binding.regions) {
            texts.back() += " " + region;
        }
    }
    return texts;
}

TEST(Glob, matches_like_iam) {
    EXPECT_TRUE(matches_glob("", "*"));
    EXPECT_TRUE(matches_glob("eu-west-1", "eu-*"));
    EXPECT_TRUE(matches_glob("eu-west-1", "*-west-?"));
    EXPECT_TRUE(matches_glob("a-b-b-c", "a*b*c"));
    EXPECT_TRUE(matches_glob("us-east-1", "us-east-1"));
    EXPECT_FALSE(matches_glob("us-east-11", "us-east-1"));
    EXPECT_FALSE(matches_glob("us-west-1", "eu-*"));
    EXPECT_FALSE(matches_glob("a-b-c", "a*b"));
    EXPECT_FALSE(matches_glob("a", ""));
    EXPECT_FALSE(matches_glob("", "?"));
}

TEST(PolicyScope, finds_regions_in_conditions) {
    EXPECT_THAT(
        bindings_of(policy_with(
            R"(,"Condition":{"StringEquals":{"kms:ViaService":["s3.us-east-1.amazonaws.com",)"
            R"("rds.eu-west-1.amazonaws.com"],"aws:RequestedRegion":"us-east-1"},)"
            R"("ArnLike":{"aws:SourceArn":"arn:aws:s3:eu-central-1:111122223333:x"}})")),
        ElementsAre("kms:ViaService: eu-west-1 us-east-1",
                    "aws:RequestedRegion: us-east-1",
                    "aws:SourceArn: eu-central-1"));
}

TEST(PolicyScope, finds_regions_in_resources) {
    const std::string policy =
        R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"kms:Decrypt",)"
        R"("Resource":"arn:aws:kms:us-east-1:111122223333:key/*"}})";
    EXPECT_THAT(bindings_of(policy), ElementsAre("Resource: us-east-1"));
}

TEST(PolicyScope, ignores_other_texts_that_resemble_regions) {
    EXPECT_THAT(bindings_of(policy_with(
                    R"(,"Condition":{"StringEquals":{"kms:ViaService":"s3.{region}.amazonaws.com",)"
                    R"("aws:PrincipalTag/team":"my-team-1","kms:ReplicaRegion":"us-east-1",)"
                    R"("kms:PrimaryRegion":"us-east-1","aws:SourceArn":"arn:aws:s3:*:*:x"},)"
                    R"("Bool":{"aws:SecureTransport":true}})")),
                IsEmpty());
    EXPECT_THAT(bindings_of("not JSON"), IsEmpty());
    EXPECT_THAT(bindings_of("[]"), IsEmpty());
}

TEST(PolicyScope, finds_principals_that_may_change_policy) {
    const auto manageable = [](const std::string& principal, const std::string& action) {
        return is_manageable_by(policy_scope(allowing(principal, action)), kAccount);
    };
    EXPECT_TRUE(manageable(R"({"AWS":"arn:aws:iam::111122223333:root"})", R"("kms:*")"));
    EXPECT_TRUE(manageable(R"({"AWS":"111122223333"})", R"(["kms:Put*"])"));
    EXPECT_TRUE(
        manageable(R"({"AWS":["arn:aws:iam::{account}:role/admin"]})", R"("KMS:PutKeyPolicy")"));
    EXPECT_TRUE(manageable(R"("*")", R"("*")"));
    EXPECT_FALSE(manageable(R"({"AWS":"arn:aws:iam::999999999999:root"})", R"("kms:*")"));
    EXPECT_FALSE(manageable(R"({"AWS":"arn:aws:iam::111122223333:root"})", R"("kms:Decrypt")"));
    EXPECT_FALSE(manageable(R"({"Service":"s3.amazonaws.com"})", R"("kms:*")"));
}

TEST(PolicyScope, ignores_deny_statements) {
    const std::string denied =
        R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}})";
    EXPECT_FALSE(is_manageable_by(policy_scope(denied), kAccount));
    EXPECT_FALSE(policy_scope(denied).allows_replicate_key);
}

TEST(PolicyScope, evaluates_not_action) {
    const PolicyScope scope = policy_scope(
        R"({"Statement":{"Effect":"Allow","Principal":"*","NotAction":"kms:Replicate*",)"
        R"("Resource":"*"}})");
    EXPECT_FALSE(scope.allows_replicate_key);
    EXPECT_TRUE(scope.allows_update_primary_region);
    EXPECT_TRUE(is_manageable_by(scope, kAccount));
}

}  // namespace
}  // namespace keyferry::planner
