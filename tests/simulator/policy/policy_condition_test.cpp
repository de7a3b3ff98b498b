// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/policy_condition.hpp"

#include "tools/simulator/policy/wildcards.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

/// Whether a request with `values` for the key meets the condition. If `values` is empty, the
/// request does not have the key.
bool meets(std::string_view operator_name,
           const std::vector<std::string>& wanted,
           const std::vector<std::string>& values) {
    RequestContext context;
    for (const std::string& value : values) {
        context.add("kms:Key", value);
    }
    context.add("aws:username", "ann");
    return is_met(PolicyCondition{condition_operator(operator_name).value(), "kms:key", wanted},
                  context);
}

TEST(PolicyConditionTest, values_of_the_policy_are_alternatives) {
    EXPECT_TRUE(meets("StringEquals", {"a", "b"}, {"b"}));
    EXPECT_FALSE(meets("StringEquals", {"a", "b"}, {"B"}));
    EXPECT_TRUE(meets("StringEqualsIgnoreCase", {"a", "b"}, {"B"}));
    EXPECT_FALSE(meets("StringNotEquals", {"a", "b"}, {"b"})) << "none of them may match";
    EXPECT_TRUE(meets("StringNotEquals", {"a", "b"}, {"c"}));
    EXPECT_TRUE(meets("StringLike", {"eu-*"}, {"eu-west-1"}));
    EXPECT_FALSE(meets("StringNotLike", {"eu-*-?"}, {"eu-west-1"}));
}

TEST(PolicyConditionTest, missing_key_meets_only_negated_and_if_exists) {
    EXPECT_FALSE(meets("StringEquals", {"a"}, {}));
    EXPECT_TRUE(meets("StringEqualsIfExists", {"a"}, {}));
    EXPECT_TRUE(meets("StringNotEquals", {"a"}, {}));
    EXPECT_TRUE(meets("ArnNotLike", {"arn:aws:iam::*:role/*"}, {}));
    EXPECT_FALSE(meets("Bool", {"false"}, {}));
    EXPECT_TRUE(meets("Null", {"true"}, {}));
    EXPECT_FALSE(meets("Null", {"false"}, {}));
    EXPECT_TRUE(meets("Null", {"false"}, {"a"}));
}

TEST(PolicyConditionTest, set_operators_check_each_value_of_the_request) {
    EXPECT_TRUE(meets("ForAllValues:StringEquals", {"a", "b"}, {"a", "b"}));
    EXPECT_FALSE(meets("ForAllValues:StringEquals", {"a"}, {"a", "b"}));
    EXPECT_TRUE(meets("ForAllValues:StringEquals", {"a"}, {})) << "no value fails";
    EXPECT_TRUE(meets("ForAnyValue:StringEquals", {"a"}, {"a", "b"}));
    EXPECT_FALSE(meets("ForAnyValue:StringEquals", {"a"}, {"b"}));
    EXPECT_FALSE(meets("ForAnyValue:StringEquals", {"a"}, {}));
    EXPECT_TRUE(meets("ForAllValues:StringNotLike", {"x*"}, {"a", "b"}));
    EXPECT_FALSE(meets("ForAllValues:StringNotLike", {"x*"}, {"a", "x1"}));
}

TEST(PolicyConditionTest, compares_numbers_dates_booleans_and_addresses) {
    EXPECT_TRUE(meets("NumericLessThanEquals", {"30"}, {"7"}));
    EXPECT_FALSE(meets("NumericGreaterThan", {"30"}, {"7"}));
    EXPECT_FALSE(meets("NumericEquals", {"seven"}, {"7"}));
    EXPECT_TRUE(meets("DateGreaterThan", {"2027-01-15"}, {"2027-01-15T08:00:00Z"}));
    EXPECT_FALSE(meets("DateLessThan", {"2027-01-15T07:00:00Z"}, {"2027-01-15T08:00:00Z"}));
    EXPECT_TRUE(meets("Bool", {"True"}, {"true"}));
    EXPECT_TRUE(meets("IpAddress", {"192.0.2.0/24"}, {"192.0.2.77"}));
    EXPECT_FALSE(meets("IpAddress", {"192.0.2.0/24"}, {"192.0.3.77"}));
    EXPECT_TRUE(meets("NotIpAddress", {"192.0.2.0/24"}, {"192.0.3.77"}));
}

TEST(PolicyConditionTest, dates_are_moments_in_any_notation) {
    const std::string moment = "2027-01-15T08:00:00Z";
    for (const char* same : {"2027-01-15T09:00:00+01:00",
                             "2027-01-15T00:30-07:30",
                             "2027-01-15T08:00:00.000Z",
                             "1800000000",
                             "1800000000.0"}) {
        EXPECT_TRUE(meets("DateEquals", {same}, {moment})) << same;
        EXPECT_TRUE(meets("DateEquals", {moment}, {same})) << same;
        EXPECT_FALSE(meets("DateNotEquals", {same}, {moment})) << same;
    }
    EXPECT_TRUE(meets("DateLessThan", {"2027-01-15T08:30:00.5+00:00"}, {moment}));
    EXPECT_TRUE(meets("DateGreaterThanEquals", {"2027-01-15T00:00:00-08:00"}, {moment}));
    EXPECT_TRUE(meets("DateGreaterThan", {"2027"}, {moment})) << "the year, not Unix time";
    EXPECT_TRUE(meets("DateGreaterThan", {"2027-01"}, {moment}));
    EXPECT_TRUE(meets("DateLessThan", {"2027-02"}, {"1800000000"}));
}

TEST(PolicyConditionTest, text_that_is_not_a_date_matches_nothing) {
    for (const char* invalid : {"tomorrow",
                                "",
                                "2027-02-30",
                                "2027-13-01",
                                "2027-1-15",
                                "2027-01-15T08:00:00",
                                "2027-01-15T24:00Z",
                                "2027-01-15T08Z",
                                "2027-01-15T08:00:00.Z",
                                "2027-01-15T08:00:00Z "}) {
        EXPECT_FALSE(meets("DateGreaterThan", {invalid}, {"2100-01-01"})) << invalid;
        EXPECT_FALSE(meets("DateEquals", {invalid}, {invalid})) << invalid;
    }
}

TEST(PolicyConditionTest, addresses_are_of_ipv4_or_ipv6) {
    EXPECT_TRUE(meets("IpAddress", {"2001:db8::/32"}, {"2001:DB8:0:1::77"}));
    EXPECT_FALSE(meets("IpAddress", {"2001:db8::/32"}, {"2001:db9::1"}));
    EXPECT_TRUE(meets("IpAddress", {"2001:db8:0:0:0:0:0:1"}, {"2001:db8::1"}))
        << "two notations of one address";
    EXPECT_TRUE(meets("IpAddress", {"2001:db8::1000/116"}, {"2001:db8::1fff"}));
    EXPECT_FALSE(meets("IpAddress", {"2001:db8::1000/116"}, {"2001:db8::2000"}));
    EXPECT_TRUE(meets("NotIpAddress", {"0.0.0.0/0"}, {"2001:db8::1"}))
        << "the address has another IP version";
    EXPECT_TRUE(meets("IpAddress", {"0.0.0.0/0", "::/0"}, {"2001:db8::1"}));
    EXPECT_TRUE(meets("IpAddress", {"192.0.2.77/31"}, {"192.0.2.76"})) << "host bits are ignored";
    EXPECT_TRUE(meets("IpAddress", {"192.0.2.77/32"}, {"192.0.2.77"}));
    for (const char* invalid : {"192.0.2", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/x", "here"}) {
        EXPECT_FALSE(meets("IpAddress", {invalid}, {"192.0.2.0"})) << invalid;
        EXPECT_FALSE(meets("IpAddress", {invalid}, {invalid})) << invalid;
    }
}

TEST(PolicyConditionTest, parts_of_arns_match_separately) {
    EXPECT_TRUE(
        meets("ArnLike", {"arn:aws:iam::*:role/app-*"}, {"arn:aws:iam::111122223333:role/app-1"}));
    EXPECT_FALSE(meets("ArnLike", {"arn:aws:*:role/app"}, {"arn:aws:iam::111122223333:role/app"}));
    EXPECT_TRUE(meets("ArnLike", {"*"}, {"arn:aws:iam::111122223333:root"}));
}

TEST(PolicyConditionTest, policy_variables_are_replaced) {
    EXPECT_TRUE(meets("StringEquals", {"team-${aws:username}"}, {"team-ann"}));
    EXPECT_FALSE(meets("StringEquals", {"${aws:PrincipalTag/team}"}, {""}));
    EXPECT_TRUE(meets("StringEquals", {"${aws:PrincipalTag/team, 'none'}"}, {"none"}));
    EXPECT_TRUE(meets("StringEquals", {"${*}"}, {"*"}));
    EXPECT_TRUE(meets("StringEquals", {"${open"}, {"${open"}));
    EXPECT_FALSE(meets("Bool", {"${aws:username}"}, {"ann"}))
        << "variables are replaced only in text and ARNs";
}

TEST(PolicyConditionTest, escaped_wildcards_match_only_themselves) {
    EXPECT_TRUE(meets("StringLike", {"a${*}"}, {"a*"}));
    EXPECT_FALSE(meets("StringLike", {"a${*}"}, {"abc"}));
    EXPECT_TRUE(meets("StringLike", {"${?}*"}, {"?bc"}));
    EXPECT_FALSE(meets("StringLike", {"${?}"}, {"b"}));
    EXPECT_TRUE(meets("StringLike", {"${$}{aws:username}*"}, {"${aws:username}1"}));
    EXPECT_FALSE(meets("ArnLike", {"arn:aws:iam::*:role/${*}"}, {"arn:aws:iam::1:role/app"}));
    EXPECT_TRUE(meets("ArnLike", {"arn:aws:iam::*:role/${*}"}, {"arn:aws:iam::1:role/*"}));
    EXPECT_FALSE(meets("StringNotLike", {"a${*}"}, {"a*"}));
}

TEST(PolicyConditionTest, policy_variables_need_version_2012) {
    RequestContext context;
    context.add("kms:Key", "ann");
    context.add("aws:username", "ann");
    PolicyCondition condition{condition_operator("StringLike").value(), "kms:key", {}};
    condition.values = {"${aws:username}"};
    condition.has_variables = false;
    EXPECT_FALSE(is_met(condition, context));
    condition.values = {"a${*}"};
    EXPECT_FALSE(is_met(condition, context)) << "a literal ${, any characters and }";
}

TEST(PolicyConditionTest, unknown_operators_are_rejected) {
    for (const char* name : {"StringIs", "ForSome:StringEquals", "NullIfExists", "", "IfExists"}) {
        EXPECT_FALSE(condition_operator(name)) << name;
    }
    EXPECT_TRUE(condition_operator("forallvalues:stringlikeifexists"));
}

TEST(WildcardsTest, star_matches_any_characters_anywhere) {
    EXPECT_TRUE(matches_wildcards("kms:*Key*", "kms:DescribeKey"));
    EXPECT_TRUE(matches_wildcards("KMS:describe?ey", "kms:DescribeKey", LetterCase::ignored));
    EXPECT_FALSE(matches_wildcards("KMS:DescribeKey", "kms:DescribeKey"));
    EXPECT_FALSE(matches_wildcards("kms:*Keys", "kms:DescribeKey"));
    EXPECT_TRUE(matches_wildcards("*", ""));
}

}  // namespace
}  // namespace keyferry::simulator
