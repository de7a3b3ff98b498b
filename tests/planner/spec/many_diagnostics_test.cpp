// SPDX-License-Identifier: Apache-2.0
// A spec with two dozen different errors reports all of them at once, each at its position.
#include "tests/planner/support/spec_under_test.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace keyferry::planner {
namespace {

constexpr std::string_view kSpec = R"([fleet]
nmae = "payments"
account = 111122223333
primary = "us_east_1"

[region_sets]
dr = ["eu-west-1", "eu-west"]
none = []

[[group]]
name = "cards"
account = "11112222333"
primary = "us-east-1"
keys = [
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    "alias/cards",
    "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
    "arn:aws-cn:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
]
replicate_to = ["us-east-1", "cn-north-1", "@rd"]
policy = "kopy"
tags = { "aws:team" = "cards", owner = 7 }

[[group]]
name = "orders"
account = "111122223333"
primary = "us-east-1"
keys_file = "orders.keys"
replicate_to = ["@dr"]
policy = { template = "orders.json" }
description = ["Orders"]
bypass_policy_lockout_safety_check = "yes"

[[group]]
name = "orders"
keys = ["arn:aws:kms:us-east-1:111122223333:key/mrk-0987dcba09fe87dc65ba0987654321fe"]
replicate_to = ["eu-west-1"]

[limits]
share = 80
[[limits.quota]]
ReplicatKey = 50

[retry]
delay_max = "20"

[wait]
until_ready = 1

[waits]
)";

const Files kFiles{
    {"orders.keys", "mrk-0987dcba09fe87dc65ba0987654321fe\nmrk-0987DCBA09fe87dc65ba0987654321fe\n"},
    {"orders.json",
     "{\n  \"Statement\": [\n    {\"Effect\": \"Allow\", \"Action\": \"kms:*\",\n"
     "     \"Resource\": \"arn:aws:kms:{regoin}:{account}:key/{key_id}\"}\n  ]\n}\n"}};

struct Expected {
    std::string position;
    std::string text;  ///< part of the diagnostic
};

const std::vector<Expected> kExpected{
    {"fleet.toml:1:1", "[fleet] has no name"},
    {"fleet.toml:2:1", "unknown key 'nmae' in [fleet] (did you mean 'name'?)"},
    {"fleet.toml:3:11", "account in [fleet] must be a string, not an integer; put it in quotes"},
    {"fleet.toml:4:11", "did you mean 'us-east-1'?"},
    {"fleet.toml:7:20", "'eu-west' is not a Region code"},
    {"fleet.toml:8:1", "the Region set 'none' is empty"},
    {"fleet.toml:8:1", "warning: no group uses the Region set 'none'"},
    {"fleet.toml:12:11", "11112222333"},
    {"fleet.toml:15:5", "single-Region key"},
    {"fleet.toml:16:5", "is an alias"},
    {"fleet.toml:17:5", "the ARN is in Region eu-west-1"},
    {"fleet.toml:18:5", "the partition is 'aws-cn'"},
    {"fleet.toml:20:17", "us-east-1 is the primary's own Region"},
    {"fleet.toml:20:30", "cn-north-1 is in partition aws-cn"},
    {"fleet.toml:20:44", "[region_sets] has no set 'rd' (did you mean 'dr'?)"},
    {"fleet.toml:21:10", "'kopy' is not a policy"},
    {"fleet.toml:22:10", "the prefix aws: is reserved"},
    {"fleet.toml:22:40", "the value of the tag 'owner' must be a string"},
    {"fleet.toml:31:15", "description in group 'orders' must be a string, not an array"},
    {"fleet.toml:32:38", "must be true or false, not a string"},
    {"fleet.toml:34:1", "group 'orders' has no policy"},
    {"fleet.toml:34:1", "the group at fleet.toml:24:1 is also named 'orders'"},
    {"fleet.toml:36:9", "is already in group 'orders' (orders.keys:1:1)"},
    {"fleet.toml:40:9", "share in [limits] must be a number greater than 0 and at most 1, not 80"},
    {"fleet.toml:42:1", "unknown key 'ReplicatKey' in [[limits.quota]] (did you mean"},
    {"fleet.toml:45:13", "delay_max in [retry]: '20' is not a duration"},
    {"fleet.toml:48:15", "until_ready in [wait] must be true or false, not an integer"},
    {"fleet.toml:50:2", "unknown key 'waits' in the spec (did you mean 'wait'?)"},
    {"orders.keys:2:1", "its letters must be lower case"},
    {"orders.json:3:5", "the statement has no Principal"},
    {"orders.json:4:31", "unknown placeholder 'regoin' (did you mean 'region'?)"},
};

TEST(ManyErrors, are_all_reported_at_their_positions) {
    const std::vector<std::string> lines = diagnostics(kSpec, kFiles);
    for (std::size_t i = 0; i < std::max(lines.size(), kExpected.size()); ++i) {
        const std::string line = i < lines.size() ? lines[i] : "(no diagnostic)";
        const Expected expected =
            i < kExpected.size() ? kExpected[i] : Expected{"(no diagnostic)", ""};
        EXPECT_EQ(line.substr(0, expected.position.size() + 1), expected.position + ":") << line;
        EXPECT_NE(line.find(expected.text), std::string::npos)
            << line << "\n  expected text: " << expected.text;
    }
    EXPECT_FALSE(load(kSpec, kFiles).plan);
}

}  // namespace
}  // namespace keyferry::planner
