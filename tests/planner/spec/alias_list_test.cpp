// SPDX-License-Identifier: Apache-2.0
// Aliases that replicas should have, which sync creates.
#include "planner/spec/alias_list.hpp"

#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string spec_with_aliases(const std::string& aliases) {
    return group_with(kPolicyLine + "aliases = " + aliases + "\n");
}

AliasSpec alias_spec_of(const std::string& aliases) {
    return plan_of(spec_with_aliases(aliases)).groups.at(0).parameters.aliases;
}

std::string diagnostic_of(const std::string& aliases) {
    const std::vector<std::string> found = diagnostics(spec_with_aliases(aliases));
    return found.size() == 1 ? found.front() : std::to_string(found.size()) + " diagnostics";
}

TEST(Aliases, are_empty_by_default) {
    EXPECT_FALSE(plan_of(group_with(kPolicyLine)).groups.at(0).parameters.aliases.any());
    EXPECT_FALSE(alias_spec_of("[]").any());
}

TEST(Aliases, are_copied_or_listed) {
    EXPECT_TRUE(alias_spec_of("\"copy\"").copied);
    EXPECT_THAT(alias_spec_of(R"(["alias/b", "alias/{region}/a-{key_id}"])").templates,
                ElementsAre("alias/b", "alias/{region}/a-{key_id}"));
}

TEST(Aliases, do_not_change_plan_identity) {
    const Plan without = plan_of(group_with(kPolicyLine));
    const Plan with = plan_of(spec_with_aliases("\"copy\""));
    EXPECT_EQ(without.sha256, with.sha256);
    EXPECT_FALSE(lacks_contents(with));
}

TEST(Aliases, reject_invalid_names) {
    EXPECT_THAT(diagnostic_of("\"Copy\""), HasSubstr("did you mean"));
    EXPECT_THAT(diagnostic_of(R"(["orders"])"), HasSubstr("must start with \"alias/\""));
    EXPECT_THAT(diagnostic_of(R"(["alias/"])"), HasSubstr("must start with \"alias/\""));
    EXPECT_THAT(diagnostic_of(R"(["alias/aws/kms"])"), HasSubstr("reserved for AWS"));
    EXPECT_THAT(diagnostic_of(R"(["alias/a.b"])"), HasSubstr("'.'"));
    EXPECT_THAT(diagnostic_of(R"(["alias/{Region}"])"),
                HasSubstr("{region}, {account} and {key_id}"));
    EXPECT_THAT(diagnostic_of("[\"alias/" + std::string(251, 'x') + "\"]"),
                HasSubstr("has 257 characters; KMS allows at most 256"));
    EXPECT_THAT(diagnostic_of(R"(["alias/a", "alias/a"])"), HasSubstr("is listed twice"));
}

TEST(Aliases, need_key_id_for_several_keys) {
    const std::string two =
        R"(["mrk-1234abcd12ab34cd56ef1234567890ab", "mrk-0987dcba09fe87dc65ba0987654321fe"])";
    const auto of_two = [&](const std::string& name) {
        std::string spec = spec_with_aliases("[\"" + name + "\"]");
        const std::string one = "[\"mrk-1234abcd12ab34cd56ef1234567890ab\"]";
        return diagnostics(spec.replace(spec.find(one), one.size(), two));
    };
    EXPECT_THAT(of_two("alias/a-{key_id}"), IsEmpty());
    EXPECT_THAT(of_two("alias/a"),
                ElementsAre(HasSubstr("would apply to several keys: add {key_id}")));
}

TEST(Aliases, are_copied_except_those_reserved_for_aws) {
    EXPECT_THAT(copyable_aliases({"alias/b", "alias/aws/s3", "alias/a", "alias/b"}),
                ElementsAre("alias/a", "alias/b"));
}

}  // namespace
}  // namespace keyferry::planner
