// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/organization.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::simulator {
namespace {

using testing::HasSubstr;

TEST(OrganizationTest, management_account_is_a_member) {
    const auto organization = parse_organization(R"({"management_account": "111122223333"})");
    ASSERT_TRUE(organization);
    ASSERT_EQ(organization->accounts.size(), 1U);
    EXPECT_EQ(organization->accounts[0].id.digits(), "111122223333");
    EXPECT_EQ(organization->accounts[0].parent, organization->root_id);
}

TEST(OrganizationTest, units_with_the_same_path_are_one_unit) {
    const auto organization = parse_organization(R"({"management_account": "111122223333",
        "accounts": [{"id": "444455556666", "unit": "prod/cards"}, {"id": "777788889999", "unit": "prod"},
                     {"id": "000011112222", "unit": "test/cards"}]})");
    ASSERT_TRUE(organization);
    ASSERT_EQ(organization->units.size(), 4U);
    const OrganizationUnit& prod = organization->units[0];
    const OrganizationUnit& cards = organization->units[1];
    EXPECT_EQ(cards.parent, prod.id);
    EXPECT_EQ(cards.path, prod.path + cards.id + "/");
    EXPECT_NE(cards.id, organization->units[3].id);
    EXPECT_EQ(organization->accounts[0].parent, cards.id);
    EXPECT_EQ(organization->accounts[0].path, cards.path + "444455556666/");
    EXPECT_EQ(organization->accounts[1].parent, prod.id);
}

TEST(OrganizationTest, only_the_management_account_and_delegated_administrators_may_list) {
    const auto organization = parse_organization(R"({"management_account": "111122223333",
        "delegated_administrators": ["444455556666"], "accounts": [{"id": "777788889999"}]})");
    ASSERT_TRUE(organization);
    EXPECT_TRUE(organization->may_list(*io::AccountId::parse("111122223333")));
    EXPECT_TRUE(organization->may_list(*io::AccountId::parse("444455556666")));
    EXPECT_FALSE(organization->may_list(*io::AccountId::parse("777788889999")));
}

TEST(OrganizationTest, errors_name_the_member) {
    const auto problem = [](std::string_view text) {
        const auto organization = parse_organization(text);
        return organization ? std::string() : organization.error().text;
    };
    EXPECT_THAT(problem("{"), HasSubstr("invalid JSON"));
    EXPECT_THAT(problem(R"({"management_account": "1"})"), HasSubstr("expected 12"));
    EXPECT_THAT(problem(R"({"management_account": "111122223333", "pages": 1})"),
                HasSubstr("\"pages\""));
    EXPECT_THAT(problem(R"({"management_account": "111122223333", "page_size": 21})"),
                HasSubstr("\"page_size\" must be a whole number from 1 to 20"));
    EXPECT_THAT(problem(R"({"management_account": "111122223333",
                            "accounts": [{"id": "444455556666", "state": "OPEN"}]})"),
                HasSubstr("unknown state \"OPEN\""));
    EXPECT_THAT(problem(R"({"management_account": "111122223333",
                            "accounts": [{"id": "444455556666"}, {"id": "444455556666"}]})"),
                HasSubstr("444455556666 is listed twice"));
    EXPECT_THAT(problem(R"({"management_account": "111122223333",
                            "accounts": [{"id": "444455556666", "unit": "prod//cards"}]})"),
                HasSubstr("empty name"));
}

}  // namespace
}  // namespace keyferry::simulator
