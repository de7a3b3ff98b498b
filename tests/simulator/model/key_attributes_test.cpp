// SPDX-License-Identifier: Apache-2.0
// Tests reads of key attributes: aliases, tags and policies.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tools/simulator/policy/key_policy.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::simulator {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kUnknownKeyId = "mrk-ffffffffffffffffffffffffffffffff";

io::KeyArn second_primary() {
    return io::KeyArn::parse(
               "arn:aws:kms:us-east-1:111122223333:key/mrk-00000000000000000000000000000001")
        .value();
}

std::vector<std::string> names_of(const io::ListAliasesResult& page) {
    std::vector<std::string> names;
    for (const io::AliasListEntry& entry : page.aliases) {
        names.push_back(entry.alias_name);
    }
    return names;
}

class KeyAttributesTest : public KmsModelTest {
  protected:
    io::ListAliasesResult aliases(const io::ListAliasesRequest& request = {}) {
        return result_of(model_.handle(in_virginia(), request, at(0s)));
    }
    io::ListAliasesResult aliases_of(const std::string& key_id) {
        io::ListAliasesRequest request;
        request.key_id = key_id;
        return aliases(request);
    }
    io::ListResourceTagsResult tags(const io::ListResourceTagsRequest& request) {
        return result_of(model_.handle(in_virginia(), request, at(0s)));
    }
    std::string policy(const io::AccountRegion& place = in_virginia()) {
        return result_of(model_.handle(place, io::GetKeyPolicyRequest(kKeyId), at(0s))).policy;
    }
    template <typename Request>
    io::KmsErrorCode code_of(const Request& request) {
        return refusal_of(model_.handle(in_virginia(), request, at(0s))).code;
    }
    void give_aliases(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string name = "alias/n" + std::to_string(i);
            ASSERT_TRUE(model_.add_alias(in_virginia(), name, primary()));
        }
    }
    void set_tags(int count) {
        std::vector<io::Tag> tags;
        for (int i = 0; i < count; ++i) {
            tags.emplace_back("key" + std::to_string(i), std::to_string(i));
        }
        ASSERT_TRUE(model_.set_tags(primary(), tags));
    }
};

/// The errors common to every operation on a key that does not accept aliases.
template <typename Request, typename KeyInto>
void expect_key_refusals(KmsModel& model, Request request, KeyInto key_into) {
    const auto refusal = [&](const std::string& key_id) {
        key_into(request, key_id);
        return refusal_of(model.handle(in_virginia(), request, at(0s)));
    };
    EXPECT_EQ(refusal(kUnknownKeyId).wire_code, "NotFoundException");
    EXPECT_EQ(refusal(kUnknownKeyId).message,
              "Key 'arn:aws:kms:us-east-1:111122223333:key/" + kUnknownKeyId + "' does not exist");
    EXPECT_EQ(refusal(std::string(kReplicaArn)).message, "Invalid arn eu-west-1");
    EXPECT_EQ(refusal("arn:aws:s3:::x").code, io::KmsErrorCode::invalid_arn);
    EXPECT_EQ(refusal("arn:aws:kms:us-east-1:999988887777:key/" + kKeyId).code,
              io::KmsErrorCode::access_denied);
    EXPECT_EQ(refusal("alias/orders").code, io::KmsErrorCode::not_found)
        << "aliases are not accepted";
    EXPECT_EQ(refusal("").code, io::KmsErrorCode::validation);
    EXPECT_EQ(refusal(std::string(2049, 'k')).code, io::KmsErrorCode::validation);
}

TEST_F(KeyAttributesTest, rejects_invalid_keys) {
    model_.add_alias(in_virginia(), "alias/orders", primary());
    const auto into_text = [](auto& request, const std::string& id) {
        request.key_id = id;
    };
    expect_key_refusals(model_, io::ListAliasesRequest(), into_text);
    expect_key_refusals(model_, io::ListResourceTagsRequest(""), into_text);
    expect_key_refusals(model_, io::GetKeyPolicyRequest(""), into_text);
}

// ------------------------------------------------------------------------------------ aliases

TEST_F(KeyAttributesTest, alias_entry_has_target_and_dates) {
    ASSERT_TRUE(model_.add_alias(in_virginia(), "alias/orders", primary(), at(1500ms).wall));
    const io::ListAliasesResult page = aliases();
    ASSERT_EQ(page.aliases.size(), 1U);
    EXPECT_EQ(page.aliases[0].alias_name, "alias/orders");
    EXPECT_EQ(page.aliases[0].alias_arn, "arn:aws:kms:us-east-1:111122223333:alias/orders");
    EXPECT_EQ(page.aliases[0].target_key_id, kKeyId) << "the ID, not the ARN";
    EXPECT_EQ(page.aliases[0].creation_date_s, 1'800'000'001.5);
    EXPECT_EQ(page.aliases[0].last_updated_date_s, 1'800'000'001.5);
    EXPECT_FALSE(page.truncated);
}

TEST_F(KeyAttributesTest, reserved_aws_alias_has_no_target) {
    ASSERT_TRUE(model_.add_alias(in_virginia(), "alias/aws/s3", std::nullopt));
    ASSERT_EQ(aliases().aliases.size(), 1U);
    EXPECT_FALSE(aliases().aliases[0].target_key_id.has_value());
}

TEST_F(KeyAttributesTest, list_aliases_filters_by_key) {
    model_.add_primary_key(second_primary());
    model_.add_alias(in_virginia(), "alias/a", primary());
    model_.add_alias(in_virginia(), "alias/b", second_primary());
    model_.add_alias(in_virginia(), "alias/c", primary());
    EXPECT_THAT(names_of(aliases()), ElementsAre("alias/a", "alias/b", "alias/c"));
    EXPECT_THAT(names_of(aliases_of(kKeyId)), ElementsAre("alias/a", "alias/c"));
    EXPECT_THAT(names_of(aliases_of(second_primary().text())), ElementsAre("alias/b"));
}

TEST_F(KeyAttributesTest, aliases_are_separate_per_account_and_region) {
    model_.add_replica(primary(), ireland());
    const io::KeyArn replica = primary().in(ireland());
    EXPECT_TRUE(model_.add_alias(in_virginia(), "alias/orders", primary()));
    EXPECT_TRUE(model_.add_alias(in_ireland(), "alias/orders", replica)) << "another Region";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "alias/orders", primary())) << "name in use";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "alias/other", replica))
        << "key in another Region";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "alias/other", second_primary())) << "unknown key";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "orders", primary())) << "not an alias name";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "alias/", primary())) << "empty name";
    EXPECT_EQ(aliases().aliases.size(), 1U);
    const auto other_account =
        io::AccountRegion(io::AccountId::parse("999988887777").value(), virginia());
    EXPECT_TRUE(
        result_of(model_.handle(other_account, io::ListAliasesRequest(), at(0s))).aliases.empty());
}

TEST_F(KeyAttributesTest, alias_page_has_50_entries_by_default_and_at_most_100) {
    give_aliases(101);
    EXPECT_EQ(aliases().aliases.size(), 50U);
    io::ListAliasesRequest request;
    request.limit = 100;
    const io::ListAliasesResult first = aliases(request);
    EXPECT_EQ(first.aliases.size(), 100U);
    EXPECT_TRUE(first.truncated);
    request.marker = first.next_marker;
    const io::ListAliasesResult second = aliases(request);
    EXPECT_THAT(names_of(second), ElementsAre("alias/n100"));
    EXPECT_FALSE(second.truncated);
    EXPECT_FALSE(second.next_marker.has_value());
    for (const int limit : {0, -1, 101, 1001}) {
        request.limit = limit;
        EXPECT_EQ(code_of(request), io::KmsErrorCode::validation) << limit;
    }
}

TEST_F(KeyAttributesTest, aliases_of_one_key_are_paginated) {
    model_.add_primary_key(second_primary());
    model_.add_alias(in_virginia(), "alias/other", second_primary());
    give_aliases(3);
    io::ListAliasesRequest request;
    request.key_id = kKeyId;
    request.limit = 2;
    const io::ListAliasesResult first = aliases(request);
    EXPECT_THAT(names_of(first), ElementsAre("alias/n0", "alias/n1"));
    request.marker = first.next_marker;
    EXPECT_THAT(names_of(aliases(request)), ElementsAre("alias/n2"));
}

TEST_F(KeyAttributesTest, marker_of_another_list_is_invalid) {
    give_aliases(3);
    set_tags(3);
    io::ListAliasesRequest for_aliases;
    io::ListResourceTagsRequest for_tags(kKeyId);
    for_aliases.limit = 2;
    for_tags.limit = 2;
    for_aliases.marker = tags(for_tags).next_marker;
    ASSERT_TRUE(for_aliases.marker.has_value());
    EXPECT_EQ(code_of(for_aliases), io::KmsErrorCode::invalid_marker);
    for_aliases.marker.reset();
    for_tags.marker = aliases(for_aliases).next_marker;
    ASSERT_TRUE(for_tags.marker.has_value());
    EXPECT_EQ(code_of(for_tags), io::KmsErrorCode::invalid_marker);
}

TEST_F(KeyAttributesTest, unknown_marker_is_rejected) {
    io::ListAliasesRequest for_aliases;
    io::ListResourceTagsRequest for_tags(kKeyId);
    for (const char* marker :
         {"x", "aliases-from-9", "tags-from-9", "tags-from-", "tags-from-0x"}) {
        for_aliases.marker = marker;
        for_tags.marker = marker;
        EXPECT_EQ(code_of(for_aliases), io::KmsErrorCode::invalid_marker) << marker;
        EXPECT_EQ(code_of(for_tags), io::KmsErrorCode::invalid_marker) << marker;
    }
    for (const std::string& marker : {std::string(), std::string(1025, 'm'), std::string("\n")}) {
        for_aliases.marker = marker;
        for_tags.marker = marker;
        EXPECT_EQ(code_of(for_aliases), io::KmsErrorCode::validation) << marker;
        EXPECT_EQ(code_of(for_tags), io::KmsErrorCode::validation) << marker;
    }
}

TEST_F(KeyAttributesTest, describe_key_accepts_alias_name_or_arn) {
    model_.add_alias(in_virginia(), "alias/orders", primary());
    model_.add_alias(in_virginia(), "alias/aws/s3", std::nullopt);
    for (const char* name : {"alias/orders", "arn:aws:kms:us-east-1:111122223333:alias/orders"}) {
        const auto described = model_.handle(in_virginia(), io::DescribeKeyRequest(name), at(0s));
        EXPECT_EQ(result_of(described).key_metadata.arn, kArn) << name;
    }
    EXPECT_EQ(code_of(io::DescribeKeyRequest("alias/aws/s3")), io::KmsErrorCode::not_found);
}

// --------------------------------------------------------------------------------------- tags

TEST_F(KeyAttributesTest, tags_are_separate_per_region) {
    io::ReplicateKeyRequest request = replicate_to_ireland();
    request.tags = {io::Tag("team", "payments"), io::Tag("empty", "")};
    result_of(replicate(request));
    const io::ListResourceTagsRequest by_arn{std::string(kReplicaArn)};
    const io::ListResourceTagsResult there = result_of(model_.handle(in_ireland(), by_arn, at(0s)));
    EXPECT_EQ(there.tags, request.tags);
    EXPECT_FALSE(there.truncated);
    EXPECT_TRUE(tags(io::ListResourceTagsRequest(kKeyId)).tags.empty());
}

TEST_F(KeyAttributesTest, tag_page_has_at_most_50_entries) {
    set_tags(60);  // more than KMS allows, because tag quotas may be raised in the future
    io::ListResourceTagsRequest request(kKeyId);
    const io::ListResourceTagsResult first = tags(request);
    EXPECT_EQ(first.tags.size(), 50U);
    EXPECT_TRUE(first.truncated);
    request.marker = first.next_marker;
    const io::ListResourceTagsResult second = tags(request);
    ASSERT_EQ(second.tags.size(), 10U);
    EXPECT_EQ(second.tags.front(), io::Tag("key50", "50"));
    EXPECT_EQ(second.tags.back(), io::Tag("key59", "59"));
    EXPECT_FALSE(second.truncated);
    for (const int limit : {0, 51}) {
        request.limit = limit;
        EXPECT_EQ(code_of(request), io::KmsErrorCode::validation) << limit;
    }
    request.limit = 51;
    EXPECT_THAT(refusal_of(model_.handle(in_virginia(), request, at(0s))).message,
                HasSubstr("Value '51' at 'limit' failed to satisfy constraint: Member must have "
                          "value less than or equal to 50"));
}

// ----------------------------------------------------------------------------------- policies

TEST_F(KeyAttributesTest, policy_is_returned_byte_for_byte) {
    const std::string text =
        "{\n\t\"Statement\" : { \"Effect\":\"Allow\", \"Sid\":\"caf\u00e9 \\\"x\\\"\",\r\n "
        "\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\" } }  ";
    io::ReplicateKeyRequest request = replicate_to_ireland();
    request.policy = text;
    result_of(replicate(request));
    EXPECT_EQ(policy(in_ireland()), text);
    EXPECT_EQ(policy(), default_key_policy("111122223333", "aws"));
}

TEST_F(KeyAttributesTest, only_policy_name_is_default) {
    io::GetKeyPolicyRequest request(kKeyId);
    request.policy_name = "default";
    EXPECT_EQ(result_of(model_.handle(in_virginia(), request, at(0s))).policy_name, "default");
    request.policy_name.reset();
    EXPECT_EQ(result_of(model_.handle(in_virginia(), request, at(0s))).policy_name, "default");
    request.policy_name = "Default";
    EXPECT_EQ(code_of(request), io::KmsErrorCode::not_found);
    for (const std::string& name : {std::string(), std::string(129, 'p'), std::string("a-b")}) {
        request.policy_name = name;
        EXPECT_EQ(code_of(request), io::KmsErrorCode::validation) << name;
    }
}

TEST_F(KeyAttributesTest, are_readable_in_every_key_state) {
    for (const io::KeyState state : {io::KeyState::disabled,
                                     io::KeyState::pending_deletion,
                                     io::KeyState::pending_replica_deletion,
                                     io::KeyState::pending_import,
                                     io::KeyState::unavailable,
                                     io::KeyState::creating,
                                     io::KeyState::updating}) {
        ASSERT_TRUE(model_.set_state(primary(), state));
        EXPECT_NE(policy(), "");
        aliases_of(kKeyId);
        tags(io::ListResourceTagsRequest(kKeyId));
    }
}

}  // namespace
}  // namespace keyferry::simulator
