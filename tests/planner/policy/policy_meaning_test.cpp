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

TEST(PolicyMeaning, equates_account_and_its_root_user) {
    const std::string meaning = policy_meaning(policy(kRoot, "\"kms:*\""));
    EXPECT_EQ(meaning, policy_meaning(policy(R"({"AWS":"111122223333"})", "\"kms:*\"")));
    EXPECT_EQ(meaning, policy_meaning(policy(R"({"AWS":["111122223333"]})", "\"kms:*\"")));
    EXPECT_NE(meaning, policy_meaning(policy(R"({"AWS":"444455556666"})", "\"kms:*\"")));
    EXPECT_NE(
        meaning,
        policy_meaning(policy(R"({"AWS":"arn:aws:iam::111122223333:role/root"})", "\"kms:*\"")));
}

TEST(PolicyMeaning, ignores_one_element_lists_and_action_case) {
    const std::string meaning = policy_meaning(policy(kRoot, "\"kms:Decrypt\""));
    EXPECT_EQ(meaning, policy_meaning(policy(kRoot, "[\"kms:Decrypt\"]", "[\"*\"]")));
    EXPECT_EQ(meaning, policy_meaning(policy(kRoot, "\"KMS:decrypt\"")));
    EXPECT_NE(meaning, policy_meaning(policy(kRoot, "[\"kms:Decrypt\",\"kms:Encrypt\"]")));
}

TEST(PolicyMeaning, keeps_case_of_other_members) {
    EXPECT_NE(policy_meaning(policy(kRoot, "\"kms:*\"", "\"a\"")),
              policy_meaning(policy(kRoot, "\"kms:*\"", "\"A\"")));
}

TEST(PolicyMeaning, returns_other_text_unchanged) {
    EXPECT_EQ(policy_meaning("no policy"), "no policy");
    EXPECT_EQ(policy_meaning("{\"Statement\":7}"), policy_meaning("{ \"Statement\": 7 }"));
}

TEST(PolicyMeaning, equates_statement_and_list_of_one) {
    EXPECT_EQ(policy_meaning(R"({"Statement":{"Effect":"Deny","Action":"kms:*"}})"),
              policy_meaning(R"({"Statement":[{"Effect":"Deny","Action":"kms:*"}]})"));
}

}  // namespace
}  // namespace keyferry::planner
