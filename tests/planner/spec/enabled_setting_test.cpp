// SPDX-License-Identifier: Apache-2.0
// `enabled` of a group: the state that its replicas should have.
#include "planner/spec/enabled_setting.hpp"

#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string spec_with_enabled(const std::string& enabled) {
    return group_with(kPolicyLine + "enabled = " + enabled + "\n");
}

EnabledSpec enabled_of(const std::string& spec) {
    return plan_of(spec).groups.at(0).parameters.enabled;
}

TEST(EnabledSetting, is_true_false_or_copy) {
    EXPECT_EQ(enabled_of(group_with(kPolicyLine)), EnabledSpec::yes);
    EXPECT_EQ(enabled_of(spec_with_enabled("true")), EnabledSpec::yes);
    EXPECT_EQ(enabled_of(spec_with_enabled("false")), EnabledSpec::no);
    EXPECT_EQ(enabled_of(spec_with_enabled("\"copy\"")), EnabledSpec::copied);
}

TEST(EnabledSetting, does_not_affect_what_a_run_creates) {
    EXPECT_EQ(plan_of(spec_with_enabled("false")).sha256, plan_of(group_with(kPolicyLine)).sha256);
}

TEST(EnabledSetting, rejects_other_values) {
    for (const char* const value : {"\"no\"", "0", "[true]"}) {
        EXPECT_THAT(diagnostics(spec_with_enabled(value)),
                    ElementsAre(HasSubstr("must be true, false or \"copy\"")));
    }
}

}  // namespace
}  // namespace keyferry::planner
