// SPDX-License-Identifier: Apache-2.0
#include "planner/review/key_patterns.hpp"

#include <gtest/gtest.h>

namespace keyferry::planner {
namespace {

io::KeyArn key(char last, const std::string& account = "111122223333") {
    return io::KeyArn::parse("arn:aws:kms:us-east-1:" + account + ":key/mrk-" +
                             std::string(31, '0') + last)
        .value();
}

TEST(KeyPatterns, matches_ids_arns_and_globs) {
    const std::vector<std::string> patterns{
        key('1').key_id.text(), key('2').in(io::Region::parse("eu-west-1").value()).text(), "*3"};
    KeyPatterns matcher(patterns);
    EXPECT_TRUE(matcher.matches(key('1')));
    EXPECT_TRUE(matcher.matches(key('2'))) << "an ARN in any Region names the key";
    EXPECT_FALSE(matcher.matches(key('2', "444455556666"))) << "but only in its account";
    EXPECT_TRUE(matcher.matches(key('3')));
    EXPECT_FALSE(matcher.matches(key('4')));
    EXPECT_TRUE(matcher.unmatched().empty());
}

TEST(KeyPatterns, reports_patterns_without_a_match_in_their_order) {
    const std::vector<std::string> patterns{"*9", key('1').text(), key('8').key_id.text()};
    KeyPatterns matcher(patterns);
    EXPECT_TRUE(matcher.matches(key('1')));
    const std::vector<const std::string*> unmatched = matcher.unmatched();
    ASSERT_EQ(unmatched.size(), 2U);
    EXPECT_EQ(*unmatched[0], "*9");
    EXPECT_EQ(unmatched[1], &patterns[2]);
}

}  // namespace
}  // namespace keyferry::planner
