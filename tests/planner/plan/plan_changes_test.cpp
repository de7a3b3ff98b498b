// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/plan_changes.hpp"

#include "planner/plan/plan_identity.hpp"
#include "planner/spec/load_fleet.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <utility>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Plan plan_of_keys(int first, int last, const std::string& regions, const std::string& more = "") {
    std::string text = fmt::format(
        "[fleet]\nname = \"f\"\naccount = \"111122223333\"\nprimary = \"us-east-1\"\n[[group]]\n"
        "name = \"g\"\npolicy = \"default\"\nreplicate_to = [{}]\n{}\nkeys = [\n",
        regions,
        more);
    for (int key = first; key <= last; ++key) {
        text += fmt::format("\"mrk-{:032x}\",\n", key);
    }
    FleetLoad load =
        load_fleet(text + "]\n", "fleet.toml", [](const std::string&) -> io::Parsed<FileText> {
            return io::ParseProblem{"no files here"};
        });
    return std::move(load.plan.value());
}

constexpr const char* kTwo = R"("eu-west-1", "us-west-2")";
constexpr const char* kOne = R"("eu-west-1")";

TEST(PlanChanges, are_empty_for_equal_plans) {
    EXPECT_THAT(plan_changes(plan_of_keys(1, 3, kTwo), plan_of_keys(1, 3, kTwo), true), IsEmpty());
}

TEST(PlanChanges, list_removed_replicas) {
    EXPECT_THAT(plan_changes(plan_of_keys(1, 5, kTwo), plan_of_keys(1, 5, kOne), true),
                ElementsAre(HasSubstr("5 replicas in the plan but no longer in the spec: "
                                      "arn:aws:kms:us-east-1:111122223333:key/"
                                      "mrk-00000000000000000000000000000001 -> us-west-2, ")));
}

TEST(PlanChanges, list_added_replicas_unless_plan_is_filtered) {
    EXPECT_THAT(plan_changes(plan_of_keys(2, 3, kOne), plan_of_keys(1, 4, kOne), true),
                ElementsAre(StartsWith("2 replicas in the spec but not in the plan: ")));
    EXPECT_THAT(plan_changes(plan_of_keys(2, 3, kOne), plan_of_keys(1, 4, kOne), false), IsEmpty());
}

TEST(PlanChanges, ignore_copied_contents) {
    const std::string copies = "description = \"copy\"";
    Plan saved = plan_of_keys(1, 1, kOne, copies);
    KeyContent content;
    content.description = "copied";
    set_contents(saved, {{0, content}});
    EXPECT_THAT(plan_changes(saved, plan_of_keys(1, 1, kOne, copies), true), IsEmpty());
    EXPECT_THAT(plan_changes(saved, plan_of_keys(1, 1, kOne), true),
                ElementsAre(StartsWith("1 replica with a different policy, description, tags")));
}

TEST(PlanChanges, list_replicas_with_changed_parameters) {
    EXPECT_THAT(
        plan_changes(
            plan_of_keys(1, 1, kOne), plan_of_keys(1, 1, kOne, "tags = { team = \"x\" }"), true),
        ElementsAre(StartsWith("1 replica with a different policy, description, tags")));
}

}  // namespace
}  // namespace keyferry::planner
