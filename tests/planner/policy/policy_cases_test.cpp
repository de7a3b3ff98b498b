// SPDX-License-Identifier: Apache-2.0
// The spec check of key policies, compared with the verdicts of KMS in
// tests/policy_cases/key_policies.json.
#include "planner/policy/policy_check.hpp"
#include "tests/support/source_tree.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

namespace keyferry::planner {
namespace {

TEST(PolicyCases, errors_match_kms_except_for_documented_cases) {
    std::ifstream file(test::source_path("tests/policy_cases/key_policies.json"));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const boost::json::value cases = boost::json::parse(text);
    for (const boost::json::value& each : cases.as_array()) {
        const auto& object = each.as_object();
        const boost::json::value& policy = object.at("policy");
        const auto findings =
            check_policy(policy.is_string() ? std::string(policy.get_string().c_str())
                                            : boost::json::serialize(policy));
        const bool has_error =
            std::any_of(findings.begin(), findings.end(), [](const TextFinding& finding) {
                return finding.severity == Severity::error;
            });
        const bool wants_error = object.at("planner") == "error";
        EXPECT_EQ(has_error, wants_error) << object.at("case");
        if (wants_error || object.at("planner") == "not judged yet") {
            EXPECT_NE(object.at("kms"), "accepted") << object.at("case");
        }
    }
}

}  // namespace
}  // namespace keyferry::planner
