// What KMS answers of what belongs to keys: aliases, tags and policies.
#include "tests/simulator/model/kms_model_fixture.hpp"
#include "tools/simulator/model/key_policy.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry {
namespace {

using namespace std::chrono_literals;
using namespace example;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kKeyId{kKeyIdText};
const std::string kUnknownKeyId = "mrk-ffffffffffffffffffffffffffffffff";

KeyArn other_primary() {
    return KeyArn::parse(
               "arn:aws:kms:us-east-1:111122223333:key/mrk-00000000000000000000000000000001")
        .value();
}

std::vector<std::string> names_of(const ListAliasesResult& page) {
    std::vector<std::string> names;
    for (const AliasListEntry& entry : page.aliases) {
        names.push_back(entry.alias_name);
    }
    return names;
}

class KeyBelongingsTest : public KmsModelTest {
  protected:
    ListAliasesResult aliases(const ListAliasesRequest& request = {}) {
        return result_of(model_.handle(in_virginia(), request, at(0s)));
    }
    ListAliasesResult aliases_of(const std::string& key_id) {
        ListAliasesRequest request;
        request.key_id = key_id;
        return aliases(request);
    }
    ListResourceTagsResult tags(const ListResourceTagsRequest& request) {
        return result_of(model_.handle(in_virginia(), request, at(0s)));
    }
    std::string policy(const Place& place = in_virginia()) {
        return result_of(model_.handle(place, GetKeyPolicyRequest(kKeyId), at(0s))).policy;
    }
    template <typename Request>
    KmsErrorCode code_of(const Request& request) {
        return refusal_of(model_.handle(in_virginia(), request, at(0s))).code;
    }
    void give_aliases(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string name = "alias/n" + std::to_string(i);
            ASSERT_TRUE(model_.add_alias(in_virginia(), name, primary()));
        }
    }
    void give_tags(int count) {
        std::vector<Tag> tags;
        for (int i = 0; i < count; ++i) {
            tags.emplace_back("key" + std::to_string(i), std::to_string(i));
        }
        ASSERT_TRUE(model_.set_tags(primary(), tags));
    }
};

/// The refusals that are the same for every operation on a key that takes no alias.
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
    EXPECT_EQ(refusal("arn:aws:s3:::x").code, KmsErrorCode::invalid_arn);
    EXPECT_EQ(refusal("arn:aws:kms:us-east-1:999988887777:key/" + kKeyId).code,
              KmsErrorCode::access_denied);
    EXPECT_EQ(refusal("alias/orders").code, KmsErrorCode::not_found) << "none takes aliases";
    EXPECT_EQ(refusal("").code, KmsErrorCode::validation);
    EXPECT_EQ(refusal(std::string(2049, 'k')).code, KmsErrorCode::validation);
}

TEST_F(KeyBelongingsTest, OnlyKeysThatAreThereHaveBelongings) {
    model_.add_alias(in_virginia(), "alias/orders", primary());
    const auto into_text = [](auto& request, const std::string& id) {
        request.key_id = id;
    };
    expect_key_refusals(model_, ListAliasesRequest(), into_text);
    expect_key_refusals(model_, ListResourceTagsRequest(""), into_text);
    expect_key_refusals(model_, GetKeyPolicyRequest(""), into_text);
}

// ------------------------------------------------------------------------------------ aliases

TEST_F(KeyBelongingsTest, AnAliasSaysWhatItNamesAndSinceWhen) {
    ASSERT_TRUE(model_.add_alias(in_virginia(), "alias/orders", primary(), at(1500ms).wall));
    const ListAliasesResult page = aliases();
    ASSERT_EQ(page.aliases.size(), 1U);
    EXPECT_EQ(page.aliases[0].alias_name, "alias/orders");
    EXPECT_EQ(page.aliases[0].alias_arn, "arn:aws:kms:us-east-1:111122223333:alias/orders");
    EXPECT_EQ(page.aliases[0].target_key_id, kKeyId) << "the id, not the ARN";
    EXPECT_EQ(page.aliases[0].creation_date_s, 1'800'000'001.5);
    EXPECT_EQ(page.aliases[0].last_updated_date_s, 1'800'000'001.5);
    EXPECT_FALSE(page.truncated);
}

TEST_F(KeyBelongingsTest, AnAliasThatAwsKeepsForAServiceHasNoTarget) {
    ASSERT_TRUE(model_.add_alias(in_virginia(), "alias/aws/s3", std::nullopt));
    ASSERT_EQ(aliases().aliases.size(), 1U);
    EXPECT_FALSE(aliases().aliases[0].target_key_id.has_value());
}

TEST_F(KeyBelongingsTest, AliasesAreListedForAllKeysOrForOne) {
    model_.add_primary_key(other_primary());
    model_.add_alias(in_virginia(), "alias/a", primary());
    model_.add_alias(in_virginia(), "alias/b", other_primary());
    model_.add_alias(in_virginia(), "alias/c", primary());
    EXPECT_THAT(names_of(aliases()), ElementsAre("alias/a", "alias/b", "alias/c"));
    EXPECT_THAT(names_of(aliases_of(kKeyId)), ElementsAre("alias/a", "alias/c"));
    EXPECT_THAT(names_of(aliases_of(other_primary().text())), ElementsAre("alias/b"));
}

TEST_F(KeyBelongingsTest, AliasesBelongToOneAccountAndRegion) {
    model_.add_replica(primary(), ireland());
    const KeyArn replica = primary().in(ireland());
    EXPECT_TRUE(model_.add_alias(in_virginia(), "alias/orders", primary()));
    EXPECT_TRUE(model_.add_alias(in_ireland(), "alias/orders", replica)) << "another Region";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "alias/orders", primary())) << "taken";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "alias/other", replica)) << "a key elsewhere";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "alias/other", other_primary())) << "no key";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "orders", primary())) << "no alias";
    EXPECT_FALSE(model_.add_alias(in_virginia(), "alias/", primary())) << "no name";
    EXPECT_EQ(aliases().aliases.size(), 1U);
    const auto other_account = Place(AccountId::parse("999988887777").value(), virginia());
    EXPECT_TRUE(
        result_of(model_.handle(other_account, ListAliasesRequest(), at(0s))).aliases.empty());
}

TEST_F(KeyBelongingsTest, APageOfAliasesHas50EntriesByDefaultAnd100AtMost) {
    give_aliases(101);
    EXPECT_EQ(aliases().aliases.size(), 50U);
    ListAliasesRequest request;
    request.limit = 100;
    const ListAliasesResult first = aliases(request);
    EXPECT_EQ(first.aliases.size(), 100U);
    EXPECT_TRUE(first.truncated);
    request.marker = first.next_marker;
    const ListAliasesResult second = aliases(request);
    EXPECT_THAT(names_of(second), ElementsAre("alias/n100"));
    EXPECT_FALSE(second.truncated);
    EXPECT_FALSE(second.next_marker.has_value());
    for (const int limit : {0, -1, 101, 1001}) {
        request.limit = limit;
        EXPECT_EQ(code_of(request), KmsErrorCode::validation) << limit;
    }
}

TEST_F(KeyBelongingsTest, TheAliasesOfOneKeyComeInPagesToo) {
    model_.add_primary_key(other_primary());
    model_.add_alias(in_virginia(), "alias/other", other_primary());
    give_aliases(3);
    ListAliasesRequest request;
    request.key_id = kKeyId;
    request.limit = 2;
    const ListAliasesResult first = aliases(request);
    EXPECT_THAT(names_of(first), ElementsAre("alias/n0", "alias/n1"));
    request.marker = first.next_marker;
    EXPECT_THAT(names_of(aliases(request)), ElementsAre("alias/n2"));
}

TEST_F(KeyBelongingsTest, AMarkerOfAnotherListIsInvalid) {
    give_aliases(3);
    give_tags(3);
    ListAliasesRequest for_aliases;
    ListResourceTagsRequest for_tags(kKeyId);
    for_aliases.limit = 2;
    for_tags.limit = 2;
    for_aliases.marker = tags(for_tags).next_marker;
    ASSERT_TRUE(for_aliases.marker.has_value());
    EXPECT_EQ(code_of(for_aliases), KmsErrorCode::invalid_marker);
    for_aliases.marker.reset();
    for_tags.marker = aliases(for_aliases).next_marker;
    ASSERT_TRUE(for_tags.marker.has_value());
    EXPECT_EQ(code_of(for_tags), KmsErrorCode::invalid_marker);
}

TEST_F(KeyBelongingsTest, AMarkerThatKmsDidNotGiveIsInvalidOrNone) {
    ListAliasesRequest for_aliases;
    ListResourceTagsRequest for_tags(kKeyId);
    for (const char* marker :
         {"x", "aliases-from-9", "tags-from-9", "tags-from-", "tags-from-0x"}) {
        for_aliases.marker = marker;
        for_tags.marker = marker;
        EXPECT_EQ(code_of(for_aliases), KmsErrorCode::invalid_marker) << marker;
        EXPECT_EQ(code_of(for_tags), KmsErrorCode::invalid_marker) << marker;
    }
    for (const std::string& marker : {std::string(), std::string(1025, 'm'), std::string("\n")}) {
        for_aliases.marker = marker;
        for_tags.marker = marker;
        EXPECT_EQ(code_of(for_aliases), KmsErrorCode::validation) << marker;
        EXPECT_EQ(code_of(for_tags), KmsErrorCode::validation) << marker;
    }
}

TEST_F(KeyBelongingsTest, DescribeKeyTakesAnAliasOrItsArn) {
    model_.add_alias(in_virginia(), "alias/orders", primary());
    model_.add_alias(in_virginia(), "alias/aws/s3", std::nullopt);
    for (const char* name : {"alias/orders", "arn:aws:kms:us-east-1:111122223333:alias/orders"}) {
        const auto described = model_.handle(in_virginia(), DescribeKeyRequest(name), at(0s));
        EXPECT_EQ(result_of(described).key_metadata.arn, kArn) << name;
    }
    EXPECT_EQ(code_of(DescribeKeyRequest("alias/aws/s3")), KmsErrorCode::not_found);
}

// --------------------------------------------------------------------------------------- tags

TEST_F(KeyBelongingsTest, TagsAreThoseOfTheKeyInItsOwnRegion) {
    ReplicateKeyRequest request = replicate_to_ireland();
    request.tags = {Tag("team", "payments"), Tag("empty", "")};
    result_of(replicate(request));
    const ListResourceTagsRequest by_arn{std::string(kReplicaArn)};
    const ListResourceTagsResult there = result_of(model_.handle(in_ireland(), by_arn, at(0s)));
    EXPECT_EQ(there.tags, request.tags);
    EXPECT_FALSE(there.truncated);
    EXPECT_TRUE(tags(ListResourceTagsRequest(kKeyId)).tags.empty());
}

TEST_F(KeyBelongingsTest, APageOfTagsHas50EntriesByDefaultAndAtMost) {
    give_tags(60);  // more than KMS allows: quotas of tags may be raised one day
    ListResourceTagsRequest request(kKeyId);
    const ListResourceTagsResult first = tags(request);
    EXPECT_EQ(first.tags.size(), 50U);
    EXPECT_TRUE(first.truncated);
    request.marker = first.next_marker;
    const ListResourceTagsResult second = tags(request);
    ASSERT_EQ(second.tags.size(), 10U);
    EXPECT_EQ(second.tags.front(), Tag("key50", "50"));
    EXPECT_EQ(second.tags.back(), Tag("key59", "59"));
    EXPECT_FALSE(second.truncated);
    for (const int limit : {0, 51}) {
        request.limit = limit;
        EXPECT_EQ(code_of(request), KmsErrorCode::validation) << limit;
    }
    request.limit = 51;
    EXPECT_THAT(refusal_of(model_.handle(in_virginia(), request, at(0s))).message,
                HasSubstr("Value '51' at 'limit' failed to satisfy constraint: Member must have "
                          "value less than or equal to 50"));
}

// ----------------------------------------------------------------------------------- policies

TEST_F(KeyBelongingsTest, APolicyIsAnsweredByteForByte) {
    const std::string text =
        "{\n\t\"Statement\" : { \"Effect\":\"Allow\", \"Sid\":\"caf\u00e9 \\\"x\\\"\",\r\n "
        "\"Principal\":\"*\",\"Action\":\"kms:*\" } }  ";
    ReplicateKeyRequest request = replicate_to_ireland();
    request.policy = text;
    result_of(replicate(request));
    EXPECT_EQ(policy(in_ireland()), text);
    EXPECT_EQ(policy(), default_key_policy("111122223333", "aws"));
}

TEST_F(KeyBelongingsTest, TheOnlyPolicyIsCalledDefault) {
    GetKeyPolicyRequest request(kKeyId);
    request.policy_name = "default";
    EXPECT_EQ(result_of(model_.handle(in_virginia(), request, at(0s))).policy_name, "default");
    request.policy_name.reset();
    EXPECT_EQ(result_of(model_.handle(in_virginia(), request, at(0s))).policy_name, "default");
    request.policy_name = "Default";
    EXPECT_EQ(code_of(request), KmsErrorCode::not_found);
    for (const std::string& name : {std::string(), std::string(129, 'p'), std::string("a-b")}) {
        request.policy_name = name;
        EXPECT_EQ(code_of(request), KmsErrorCode::validation) << name;
    }
}

TEST_F(KeyBelongingsTest, AreAnsweredWhateverTheKeysState) {
    for (const KeyState state : {KeyState::disabled,
                                 KeyState::pending_deletion,
                                 KeyState::pending_replica_deletion,
                                 KeyState::pending_import,
                                 KeyState::unavailable,
                                 KeyState::creating,
                                 KeyState::updating}) {
        ASSERT_TRUE(model_.set_state(primary(), state));
        EXPECT_NE(policy(), "");
        aliases_of(kKeyId);
        tags(ListResourceTagsRequest(kKeyId));
    }
}

}  // namespace
}  // namespace keyferry
