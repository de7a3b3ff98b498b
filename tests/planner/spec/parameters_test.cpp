// SPDX-License-Identifier: Apache-2.0
// ReplicateKey parameters: policy, description, tags, bypass.
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kGoodPolicy =
    R"({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]})";

io::ReplicateKeyRequest request_of(const Plan& plan) {
    return replicate_request(plan, plan.jobs.at(0));
}

/// Diagnostics about a policy file.
std::vector<std::string> policy_diagnostics(const std::string& policy,
                                            const std::string& how = "file") {
    const Files files{{"p.json", policy}};
    return diagnostics(group_with("policy = { " + how + " = \"p.json\" }\n"), files);
}

TEST(Parameters, are_omitted_unless_in_spec) {
    const io::ReplicateKeyRequest request = request_of(plan_of(group_with(kPolicyLine)));
    EXPECT_EQ(request.key_id,
              "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab");
    EXPECT_EQ(request.replica_region, "eu-west-1");
    EXPECT_FALSE(request.policy);
    EXPECT_FALSE(request.bypass_policy_lockout_safety_check);
    EXPECT_FALSE(request.description);
    EXPECT_THAT(request.tags, IsEmpty());
}

TEST(Parameters, are_all_sent) {
    const Files files{{"p.json", kGoodPolicy}};
    const io::ReplicateKeyRequest request = request_of(plan_of(group_with(R"(
policy = { file = "p.json" }
bypass_policy_lockout_safety_check = true
description = "für Aufträge"
tags = { team = "orders", "cost center" = "", Bereich = "Süd" }
)"),
                                                               files));
    EXPECT_EQ(request.policy, kGoodPolicy);
    EXPECT_EQ(request.bypass_policy_lockout_safety_check, true);
    EXPECT_EQ(request.description, "für Aufträge");
    EXPECT_THAT(
        request.tags,
        ElementsAre(
            io::Tag("Bereich", "Süd"), io::Tag("cost center", ""), io::Tag("team", "orders")));
}

TEST(Policy, template_is_filled_in_for_each_replica) {
    const Files files{
        {"p.json",
         R"({"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::{account}:root"},)"
         R"( "Action": "kms:*", "Resource": "arn:aws:kms:{region}:{account}:key/{key_id}"}})"}};
    const Plan plan = plan_of(group_with("policy = { template = \"p.json\" }\n"), files);
    EXPECT_TRUE(plan.groups[0].parameters.policy_is_template);
    EXPECT_EQ(
        request_of(plan).policy,
        R"({"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},)"
        R"( "Action": "kms:*", "Resource": )"
        R"("arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"}})");
}

TEST(Policy, plain_policy_is_not_filled_in) {
    const Files files{{"p.json",
                       R"({"Id": "{region}", "Statement": {"Effect": "Deny", "Principal": "*",)"
                       R"( "Action": "kms:*", "Resource": "*"}})"}};
    EXPECT_THAT(*request_of(plan_of(group_with("policy = { file = \"p.json\" }\n"), files)).policy,
                HasSubstr("\"{region}\""));
}

TEST(Policy, has_exactly_one_source) {
    EXPECT_THAT(diagnostics(group_with("policy = {}\n")),
                ElementsAre(HasSubstr("must have exactly one source")));
    EXPECT_THAT(diagnostics(group_with("policy = { file = \"a\", inline = \"b\" }\n")),
                ElementsAre(HasSubstr("fleet.toml:9:10: a policy must have exactly one source")));
    EXPECT_THAT(diagnostics(group_with("policy = \"defualt\"\n")),
                ElementsAre(HasSubstr(
                    "'defualt' is not a policy (did you mean 'default'?); write policy")));
    EXPECT_THAT(diagnostics(group_with("policy = true\n")),
                ElementsAre(HasSubstr("policy cannot be true or false")));
    EXPECT_THAT(diagnostics(group_with("policy = { fiel = \"a\" }\n")),
                ElementsAre(HasSubstr("unknown key 'fiel' in policy (did you mean 'file'?)")));
}

TEST(Policy, reports_errors_at_position_in_policy_file) {
    EXPECT_THAT(policy_diagnostics("{\n  \"Statement\": [,]\n}"),
                ElementsAre(StartsWith("p.json:2:17: the policy is not valid JSON: ")));
    EXPECT_THAT(policy_diagnostics("{\"Statement\": ["),
                ElementsAre(StartsWith("p.json:1:16: the policy is not valid JSON: incomplete")));
    EXPECT_THAT(policy_diagnostics(""), ElementsAre(HasSubstr("not valid JSON")));
    EXPECT_THAT(policy_diagnostics("[]"),
                ElementsAre(HasSubstr("1:1: a policy must be a JSON object")));
    EXPECT_THAT(policy_diagnostics("{} {}"),
                ElementsAre(HasSubstr("1:4: the policy is not valid JSON")));
}

TEST(Policy, requires_statements_with_effect_principal_and_action) {
    EXPECT_THAT(policy_diagnostics("{}"),
                ElementsAre(HasSubstr("1:1: the policy has no Statement")));
    EXPECT_THAT(policy_diagnostics(R"({"Statement": []})"),
                ElementsAre(HasSubstr("1:15: the policy has no statements: no principal")));
    EXPECT_THAT(policy_diagnostics(R"({"Statement": [7]})"),
                ElementsAre(HasSubstr("1:16: a statement must be a JSON object")));
    EXPECT_THAT(policy_diagnostics(R"({"Statement": "x"})"),
                ElementsAre(HasSubstr("1:15: Statement must be a statement or an array")));
    EXPECT_THAT(policy_diagnostics("{\"Statement\": [\n  {\"Resource\": \"*\"}\n]}"),
                ElementsAre(HasSubstr("2:3: the statement has no Action"),
                            HasSubstr("2:3: the statement has no Effect"),
                            HasSubstr("2:3: the statement has no Principal")));
    EXPECT_THAT(
        policy_diagnostics(R"({"Statement": {"Effect": "allow", "Principal": "*",)"
                           R"( "NotPrincipal": "*", "Action": "kms:*", "Resource": "*"}})"),
        ElementsAre(HasSubstr("1:26: Effect must be \"Allow\" or \"Deny\""),
                    HasSubstr("1:53: a statement can have Principal or NotPrincipal, not both")));
}

TEST(Policy, warns_about_what_kms_ignores_or_rejects) {
    EXPECT_THAT(
        policy_diagnostics(R"({"Statment": 1, "Statement": {"Effect": "Allow", "Principal": "*",)"
                           R"( "Action": "kms:*"}})"),
        ElementsAre(
            HasSubstr("1:2: warning: IAM does not define 'Statment' in a policy (did you mean "
                      "'Statement'?)"),
            HasSubstr("1:30: warning: the statement has no Resource and therefore no effect")));
}

TEST(Policy, rejects_duplicate_members) {
    EXPECT_THAT(policy_diagnostics(R"({"Statement": {"Effect": "Allow", "Effect": "Deny",)"
                                   R"( "Principal": "*", "Action": "kms:*", "Resource": "*"}})"),
                ElementsAre(HasSubstr("1:35: 'Effect' appears twice in a statement")));
}

TEST(Policy, allows_only_kms_characters) {
    const auto with_id = [](const std::string& id) {
        return R"({"Id": ")" + id +
               R"(", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "a",)"
               R"( "Resource": "*"}})";
    };
    EXPECT_THAT(policy_diagnostics(with_id("\xc3\xbf")), IsEmpty());  // U+00FF
    EXPECT_THAT(policy_diagnostics(with_id("ü\xc4\x80")),             // U+0100
                ElementsAre(HasSubstr("p.json:1:10: the policy contains the character")));
    EXPECT_THAT(policy_diagnostics(with_id("\x7f")), IsEmpty());  // within U+0020 to U+00FF
    EXPECT_THAT(policy_diagnostics(with_id("\x01")), ElementsAre(HasSubstr("1:9: ")));
    EXPECT_THAT(policy_diagnostics(with_id("\xff")), ElementsAre(HasSubstr("1:9: ")));
}

TEST(Policy, filled_template_fits_kms_limit) {
    const std::string head = R"({"Id": ")";
    const std::string tail =
        R"({region}", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "a",)"
        R"( "Resource": "*"}})";
    const std::string unused = head + tail;
    const std::size_t extra = std::string("eu-west-1").size() - std::string("{region}").size();
    const std::string fits = head + std::string(32'768 - unused.size() - extra, 'x') + tail;
    EXPECT_THAT(policy_diagnostics(fits, "template"), IsEmpty());
    const std::string too_long = head + std::string(32'769 - unused.size() - extra, 'x') + tail;
    EXPECT_THAT(
        policy_diagnostics(too_long, "template"),
        ElementsAre(
            "fleet.toml:9:23: the policy is 32769 bytes with its placeholders filled in; KMS "
            "allows at most 32768"));
    EXPECT_THAT(policy_diagnostics(too_long), IsEmpty());  // as a plain file it is one byte shorter
}

TEST(Policy, limits_nesting_depth) {
    EXPECT_THAT(policy_diagnostics(std::string(1000, '[')),
                ElementsAre(HasSubstr("1:33: the policy is not valid JSON")));
}

TEST(Policy, inline_reports_errors_at_position_in_spec) {
    EXPECT_THAT(
        diagnostics(group_with("policy = { inline = '''\n{\n  \"Statement\": [,]\n}''' }\n")),
        ElementsAre(StartsWith("fleet.toml:11:17: the policy is not valid JSON")));
    EXPECT_THAT(
        diagnostics(group_with("policy = { inline = '{\"Statement\": 1}' }\n")),
        ElementsAre(StartsWith("fleet.toml:9:36: Statement must be a statement or an array")));
    EXPECT_THAT(diagnostics(group_with(R"(policy = { inline = "{\"Statement\": 1}" })"
                                       "\n")),
                ElementsAre(StartsWith("fleet.toml:9:21: line 1, column 15 of this policy: ")));
}

TEST(Policy, shared_by_two_groups_is_reported_once) {
    const Files files{{"p.json", "{}"}};
    const std::string policy = "policy = { file = \"p.json\" }\n";
    EXPECT_THAT(diagnostics(group_with(policy) +
                                "[[group]]\nname = \"b\"\nreplicate_to = [\"eu-west-1\"]\n" +
                                "keys = [\"mrk-0987dcba09fe87dc65ba0987654321fe\"]\n" + policy,
                            files),
                ElementsAre("p.json:1:1: the policy has no Statement"));
}

TEST(PolicyTemplate, rejects_unknown_placeholders) {
    const auto with_id = [](const std::string& id) {
        return R"({"Id": ")" + id +
               R"(", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "a",)"
               R"( "Resource": "{region}"}})";
    };
    EXPECT_THAT(policy_diagnostics(with_id("{regoin}"), "template"),
                ElementsAre(StartsWith("p.json:1:9: unknown placeholder 'regoin' (did you "
                                       "mean 'region'?)")));
    EXPECT_THAT(policy_diagnostics(with_id("{ region }"), "template"),
                ElementsAre(HasSubstr("unknown placeholder ' region '")));
    EXPECT_THAT(policy_diagnostics(with_id("${region}"), "template"),
                ElementsAre(HasSubstr("1:9: ${region} is not an IAM policy variable")));
    EXPECT_THAT(policy_diagnostics(with_id("${aws:username}"), "template"), IsEmpty());
    EXPECT_THAT(policy_diagnostics(with_id("\\u007bregoin}"), "template"), IsEmpty());
}

TEST(PolicyTemplate, allows_only_account_outside_strings) {
    const auto with_condition = [](const std::string& value) {
        return R"({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "a", )"
               R"("Resource": "*", "Condition": )" +
               value + "}}";
    };
    EXPECT_THAT(policy_diagnostics(with_condition("{account}"), "template"), IsEmpty());
    EXPECT_THAT(policy_diagnostics(with_condition("{region}"), "template"),
                ElementsAre(HasSubstr("not valid JSON")));
}

TEST(PolicyTemplate, without_placeholders_equals_plain_policy) {
    const Files files{{"p.json", kGoodPolicy}};
    const FleetLoad as_template = load(group_with("policy = { template = \"p.json\" }\n"), files);
    ASSERT_EQ(as_template.problems.size(), 1U);
    EXPECT_THAT(line_of(as_template.problems[0]), HasSubstr("9:23: warning: the template has no"));
    const Plan as_file = plan_of(group_with("policy = { file = \"p.json\" }\n"), files);
    EXPECT_EQ(as_template.plan->sha256, as_file.sha256);
}

TEST(Tags, must_follow_kms_rules) {
    const std::string many_tags = [] {
        std::string tags = "[group.tags]\n";
        for (int i = 0; i < 51; ++i) {
            tags += "t" + std::to_string(i) + " = \"\"\n";
        }
        return tags;
    }();
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + many_tags)),
                ElementsAre("fleet.toml:10:1: group 'orders' has 51 tags; KMS allows at most 50"));
    EXPECT_THAT(
        diagnostics(group_with(kPolicyLine + "[group.tags]\n\"aWs:x\" = \"1\"\n\"\" = \"2\"\n" +
                               "n = 3\n\"a#b\" = \"\"\n" + std::string(129, 'k') +
                               " = \"\"\nv = \"" + std::string(257, 'v') + "\"\n")),
        ElementsAre(HasSubstr("11:1: the tag key 'aWs:x': the prefix aws: is reserved"),
                    HasSubstr("12:1: a tag key must have 1 to 128 characters"),
                    HasSubstr("13:5: the value of the tag 'n' must be a string"),
                    HasSubstr("14:1: the tag key 'a#b' contains the character '#'"),
                    HasSubstr("15:1: the tag key"),
                    HasSubstr("16:5: the tag value")));
}

TEST(Tags, are_measured_in_characters_not_bytes) {
    std::string key;
    for (int i = 0; i < 128; ++i) {
        key += "ä";
    }
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + "tags = { \"" + key + "\" = \"\" }\n")),
                IsEmpty());
}

TEST(Tags, reject_duplicate_keys) {
    EXPECT_THAT(diagnostics(group_with(kPolicyLine + "tags = { a = \"1\", a = \"2\" }\n")),
                ElementsAre(HasSubstr("cannot redefine existing string 'a' (a key may be defined "
                                      "only once)")));
}

TEST(Description, has_at_most_8192_characters) {
    const auto described = [](std::size_t length) {
        return diagnostics(
            group_with(kPolicyLine + "description = \"" + std::string(length, 'd') + "\"\n"));
    };
    EXPECT_THAT(described(8192), IsEmpty());
    EXPECT_THAT(described(8193),
                ElementsAre("fleet.toml:10:15: the description has 8193 characters; KMS allows at "
                            "most 8192"));
}

TEST(Bypass, warns_for_default_policy) {
    EXPECT_THAT(
        diagnostics(group_with(kPolicyLine + "bypass_policy_lockout_safety_check = true\n")),
        ElementsAre(HasSubstr("10:38: warning: KMS's default policy passes the safety check")));
}

}  // namespace
}  // namespace keyferry::planner
