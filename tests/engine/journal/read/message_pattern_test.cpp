// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/message_pattern.hpp"

#include <gtest/gtest.h>

#include <string>

namespace keyferry::engine {
namespace {

constexpr const char* kDenied =
    "User: arn:aws:sts::111122223333:assumed-role/dr/job is not authorized to perform: "
    "kms:ReplicateKey on resource: "
    "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

TEST(MessagePattern, replaces_what_differs_from_job_to_job) {
    EXPECT_EQ(MessagePattern(kDenied).form(),
              "User: <ARN> is not authorized to perform: kms:ReplicateKey on resource: <ARN>");
    EXPECT_EQ(
        MessagePattern("key 'mrk-1234abcd12ab34cd56ef1234567890ab' of 111122223333 in eu-west-1.")
            .form(),
        "key '<key ID>' of <account> in <Region>.");
    EXPECT_EQ(
        MessagePattern("(Request ID: 5f0a1b2c-0d1e-4f3a-9b8c-7d6e5f4a3b2c; 2026-08-26T12:00:00Z)")
            .form(),
        "(Request ID: <ID>; <...>)");
    EXPECT_EQ(MessagePattern("Rate exceeded").form(), "Rate exceeded");
    EXPECT_EQ(MessagePattern("").form(), "");
    EXPECT_EQ(MessagePattern(" ..  ").form(), " ..  ");
}

TEST(MessagePattern, keeps_the_values_that_messages_share) {
    MessagePattern pattern(kDenied);
    EXPECT_EQ(pattern.text(), kDenied);
    std::string other = kDenied;
    other.back() = 'c';
    pattern.merge(MessagePattern(kDenied));
    EXPECT_EQ(pattern.text(), kDenied);
    pattern.merge(MessagePattern(other));
    pattern.merge(MessagePattern(kDenied));
    EXPECT_EQ(pattern.text(),
              "User: arn:aws:sts::111122223333:assumed-role/dr/job is not authorized to perform: "
              "kms:ReplicateKey on resource: <ARN>");
}

}  // namespace
}  // namespace keyferry::engine
