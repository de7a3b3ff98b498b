// SPDX-License-Identifier: Apache-2.0
// Policies with the same meaning in different forms.
#include "planner/policy/policy_meaning.hpp"

#include <gtest/gtest.h>

#include <string>

namespace keyferry::planner {
namespace {

/// A policy with one statement with these members.
std::string policy(const std::string& principal,
                   const std::string& action,
                   const std::string& resource = "\"*\"") {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)" + principal +
           ",\"Action\":" + action + ",\"Resource\":" + resource + "}]}";
}

const std::string kRoot = R"({"AWS":"arn:aws:iam::111122223333:root"})";

TEST(PolicyMeaning, EquatesAccountAndItsRootUser) {
    const std::string meaning = policy_meaning(policy(kRoot, "\"kms:*\""));
    EXPECT_EQ(meaning, policy_meaning(policy(R"({"AWS":"111122223333"})", "\"kms:*\"")));
    EXPECT_EQ(meaning, policy_meaning(policy(R"({"AWS":["111122223333"]})", "\"kms:*\"")));
    EXPECT_NE(meaning, policy_meaning(policy(R"({"AWS":"444455556666"})", "\"kms:*\"")));
    EXPECT_NE(
        meaning,
        policy_meaning(policy(R"({"AWS":"arn:aws:iam::111122223333:role/root"})", "\"kms:*\"")));
}

TEST(PolicyMeaning, IgnoresOneElementListsAndActionCase) {
    const std::string meaning = policy_meaning(policy(kRoot, "\"kms:Decrypt\""));
    EXPECT_EQ(meaning, policy_meaning(policy(kRoot, "[\"kms:Decrypt\"]", "[\"*\"]")));
    EXPECT_EQ(meaning, policy_meaning(policy(kRoot, "\"KMS:decrypt\"")));
    EXPECT_NE(meaning, policy_meaning(policy(kRoot, "[\"kms:Decrypt\",\"kms:Encrypt\"]")));
}

TEST(PolicyMeaning, KeepsCaseOfOtherMembers) {
    EXPECT_NE(policy_meaning(policy(kRoot, "\"kms:*\"", "\"a\"")),
              policy_meaning(policy(kRoot, "\"kms:*\"", "\"A\"")));
}

TEST(PolicyMeaning, ReturnsOtherTextUnchanged) {
    EXPECT_EQ(policy_meaning("no policy"), "no policy");
    EXPECT_EQ(policy_meaning("{\"Statement\":7}"), policy_meaning("{ \"Statement\": 7 }"));
}

TEST(PolicyMeaning, EquatesStatementAndListOfOne) {
    EXPECT_EQ(policy_meaning(R"({"Statement":{"Effect":"Deny","Action":"kms:*"}})"),
              policy_meaning(R"({"Statement":[{"Effect":"Deny","Action":"kms:*"}]})"));
}

}  // namespace
}  // namespace keyferry::planner
