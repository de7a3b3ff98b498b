// SPDX-License-Identifier: Apache-2.0
#include "io/kms_http/kms_response_json.hpp"

#include "io/http/response_reader.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <random>
#include <string>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;

// Recorded from KMS, except for the account and the key.
const std::string kReplicatedBody = R"({
  "ReplicaKeyMetadata": {
    "AWSAccountId": "111122223333",
    "Arn": "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234567890abcdef1234567890abcdef",
    "CreationDate": 1607472987.918,
    "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
    "Description": "",
    "Enabled": false,
    "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
    "KeyId": "mrk-1234567890abcdef1234567890abcdef",
    "KeyManager": "CUSTOMER",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyState": "Creating",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "MultiRegion": true,
    "MultiRegionConfiguration": {
      "MultiRegionKeyType": "REPLICA",
      "PrimaryKey": {"Arn": "arn:aws:kms:us-east-1:111122223333:key/mrk-1", "Region": "us-east-1"},
      "ReplicaKeys": [
        {"Arn": "arn:aws:kms:eu-west-1:111122223333:key/mrk-1", "Region": "eu-west-1"},
        {"Arn": "arn:aws:kms:eu-west-2:111122223333:key/mrk-1", "Region": "eu-west-2"}
      ]
    },
    "Origin": "AWS_KMS"
  },
  "ReplicaPolicy": "{\n  \"Version\" : \"2012-10-17\"\n}",
  "ReplicaTags": [{"TagKey": "team", "TagValue": "Schl\u00fcssel"}]
})";

class KmsResponseJsonTest : public ::testing::Test {
  protected:
    /// A copy of the text with the padding that io/http adds to a body. The padding is garbage, so
    /// that its use is detected.
    std::string_view padded(const std::string& body) {
        padded_ = body + std::string(kBodyPaddingBytes, '"');
        return std::string_view(padded_).substr(0, body.size());
    }
    std::string describe_problem(const std::string& body) {
        const Parsed<DescribeKeyResult> result = json_.describe_key(padded(body));
        return result ? "none" : result.error().text;
    }
    KeyMetadata describe(const std::string& metadata) {
        return json_.describe_key(padded(R"({"KeyMetadata":)" + metadata + "}"))
            .value()
            .key_metadata;
    }

    KmsResponseJson json_;
    std::string padded_;
};

TEST_F(KmsResponseJsonTest, reads_all_members_of_replicate_key_response) {
    const ReplicateKeyResult result = json_.replicate_key(padded(kReplicatedBody)).value();
    const KeyMetadata& key = result.replica_key_metadata;
    EXPECT_EQ(key.key_id, "mrk-1234567890abcdef1234567890abcdef");
    EXPECT_EQ(key.arn,
              "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234567890abcdef1234567890abcdef");
    EXPECT_EQ(key.account_id, "111122223333");
    EXPECT_EQ(key.creation_date_s, 1607472987.918);
    EXPECT_EQ(key.enabled, false);
    EXPECT_EQ(key.description, "");
    EXPECT_EQ(key.key_usage, "ENCRYPT_DECRYPT");
    EXPECT_EQ(key.key_spec, "SYMMETRIC_DEFAULT");
    EXPECT_EQ(key.origin, "AWS_KMS");
    EXPECT_EQ(key.key_manager, "CUSTOMER");
    EXPECT_EQ(key.key_state, KeyState::creating);
    EXPECT_EQ(key.unknown_key_state, "");
    EXPECT_EQ(key.multi_region, true);
    ASSERT_TRUE(key.multi_region_configuration);
    EXPECT_EQ(key.multi_region_configuration->type, MultiRegionKeyType::replica);
    EXPECT_EQ(key.multi_region_configuration->primary_key->region, "us-east-1");
    ASSERT_EQ(key.multi_region_configuration->replica_keys.size(), 2U);
    EXPECT_EQ(key.multi_region_configuration->replica_keys[1].region, "eu-west-2");
    EXPECT_EQ(result.replica_policy, "{\n  \"Version\" : \"2012-10-17\"\n}");
    EXPECT_EQ(result.replica_tags, std::vector<Tag>{Tag("team", "Schl\u00fcssel")});
}

TEST_F(KmsResponseJsonTest, requires_only_key_id) {
    const KeyMetadata key = describe(R"({"KeyId":"k"})");
    EXPECT_EQ(key.key_id, "k");
    EXPECT_FALSE(key.arn);
    EXPECT_FALSE(key.enabled);
    EXPECT_FALSE(key.key_state);
    EXPECT_FALSE(key.multi_region_configuration);
}

TEST_F(KmsResponseJsonTest, accepts_unknown_members_and_values) {
    const KeyMetadata key = describe(R"({"New":{"a":[1,{"b":null}]},"KeyState":"Frozen",)"
                                     R"("KeySpec":"ML_KEM_9999","KeyId":"k",)"
                                     R"("MultiRegionConfiguration":{"MultiRegionKeyType":"TWIN",)"
                                     R"("Since":1}})");
    EXPECT_EQ(key.key_state, KeyState::other);
    EXPECT_EQ(key.unknown_key_state, "Frozen");
    EXPECT_EQ(key.key_spec, "ML_KEM_9999");
    EXPECT_EQ(key.multi_region_configuration->type, MultiRegionKeyType::other);
}

TEST_F(KmsResponseJsonTest, treats_null_as_absent) {
    const KeyMetadata key =
        describe(R"({"Arn":null,"Enabled":null,"KeyId":"k","MultiRegionConfiguration":null})");
    EXPECT_FALSE(key.arn);
    EXPECT_FALSE(key.enabled);
    EXPECT_FALSE(key.multi_region_configuration);
}

TEST_F(KmsResponseJsonTest, reads_dates_in_all_number_formats) {
    EXPECT_EQ(describe(R"({"KeyId":"k","CreationDate":1607472987})").creation_date_s, 1607472987.0);
    EXPECT_EQ(describe(R"({"KeyId":"k","CreationDate":1.607472987918E9})").creation_date_s,
              1607472987.918);
    EXPECT_EQ(describe(R"({"KeyId":"k","DeletionDate":1607472987.5})").deletion_date_s,
              1607472987.5);
}

TEST_F(KmsResponseJsonTest, wrong_type_is_an_error) {
    for (const char* metadata : {R"({"KeyId":1})",
                                 R"({"KeyId":["k"]})",
                                 R"({"KeyId":"k","Enabled":"true"})",
                                 R"({"KeyId":"k","CreationDate":"2020-12-09"})",
                                 R"({"KeyId":"k","MultiRegionConfiguration":[]})",
                                 R"({"KeyId":"k","KeyState":7})",
                                 R"("KeyId")"}) {
        EXPECT_THAT(describe_problem(std::string(R"({"KeyMetadata":)") + metadata + "}"),
                    HasSubstr("it is not valid KMS JSON"))
            << metadata;
    }
}

TEST_F(KmsResponseJsonTest, metadata_without_key_id_is_an_error) {
    EXPECT_EQ(describe_problem(R"({"KeyMetadata":{"Arn":"a"}})"), "KeyMetadata has no KeyId");
    EXPECT_EQ(describe_problem(R"({"KeyMetadata":{"KeyId":null}})"), "KeyMetadata has no KeyId");
    EXPECT_EQ(describe_problem("{}"), "KeyMetadata has no KeyId");
    EXPECT_EQ(describe_problem(""), "the body is empty");
    EXPECT_FALSE(json_.replicate_key(padded(R"({"ReplicaPolicy":"{}"})")));
    EXPECT_FALSE(json_.create_key(padded("{}")));
}

TEST_F(KmsResponseJsonTest, rejects_non_objects) {
    for (const char* body : {"<html>busy</html>",
                             "[]",
                             "null",
                             "\"text\"",
                             R"({"KeyMetadata":{"KeyId":"k"})",
                             R"({"KeyMetadata":{"KeyId":"k"}}})",
                             R"({"KeyMetadata":{"KeyId":"k"}} {})",
                             R"({"KeyMetadata" {"KeyId":"k"}})",
                             R"({"KeyMetadata":{"KeyId":"k})"}) {
        EXPECT_NE(describe_problem(body), "none") << body;
    }
}

TEST_F(KmsResponseJsonTest, rejects_invalid_utf_8) {
    EXPECT_NE(describe_problem("{\"KeyMetadata\":{\"KeyId\":\"k\",\"Description\":\"\xff\"}}"),
              "none");
    EXPECT_NE(describe_problem("{\"x\":\"\xc0\x80\",\"KeyMetadata\":{\"KeyId\":\"k\"}}"), "none");
}

TEST_F(KmsResponseJsonTest, survives_deep_nesting) {
    const std::string deep(500'000, '[');
    EXPECT_NE(describe_problem(deep), "none");
    EXPECT_NE(describe_problem(R"({"x":)" + deep), "none");
    EXPECT_NE(describe_problem(R"({"KeyMetadata":)" + deep), "none");
    const std::string closed = deep + std::string(deep.size(), ']');
    EXPECT_EQ(describe_problem(R"({"x":)" + closed + R"(,"KeyMetadata":{"KeyId":"k"}})"), "none");
}

TEST_F(KmsResponseJsonTest, survives_any_damage) {
    std::mt19937 random(20261123);
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string damaged = kReplicatedBody;
        const int changes = 1 + static_cast<int>(random() % 4);
        for (int i = 0; i < changes; ++i) {
            const std::size_t at = random() % damaged.size();
            constexpr std::string_view kBytes = "{}[]\",:\\ 0atn\x80\xff";
            damaged[at] = kBytes[random() % kBytes.size()];
        }
        if (random() % 4 == 0) {
            damaged.resize(random() % damaged.size());
        }
        refused += json_.replicate_key(padded(damaged)) ? 0 : 1;
    }
    EXPECT_GT(refused, 10'000);
}

TEST_F(KmsResponseJsonTest, reads_a_page_of_keys) {
    const ListKeysResult result =
        json_
            .list_keys(padded(R"({"KeyCount":2,"Keys":[{"KeyArn":"arn:1","KeyId":"k1"},)"
                              R"({"KeyId":"k2"}],"NextMarker":"m","Truncated":true})"))
            .value();
    ASSERT_EQ(result.keys.size(), 2U);
    EXPECT_EQ(result.keys[0].key_arn, "arn:1");
    EXPECT_EQ(result.keys[1].key_id, "k2");
    EXPECT_EQ(result.next_marker, "m");
    EXPECT_TRUE(result.truncated);
}

TEST_F(KmsResponseJsonTest, empty_page_of_keys_is_the_last) {
    for (const char* body : {R"({"Keys":[]})", R"({"Keys":[],"Truncated":false})"}) {
        const ListKeysResult result = json_.list_keys(padded(body)).value();
        EXPECT_TRUE(result.keys.empty());
        EXPECT_FALSE(result.truncated);
    }
}

TEST_F(KmsResponseJsonTest, page_without_its_list_is_not_an_empty_list) {
    EXPECT_EQ(json_.list_keys(padded("")).error().text, "the body is empty");
    EXPECT_EQ(json_.list_keys(padded("{}")).error().text, "Keys is missing");
    EXPECT_EQ(json_.list_keys(padded(R"({"Keys":null,"Truncated":false})")).error().text,
              "Keys is missing");
    EXPECT_EQ(json_.list_aliases(padded("")).error().text, "the body is empty");
    EXPECT_EQ(json_.list_aliases(padded(R"({"Keys":[]})")).error().text, "Aliases is missing");
    EXPECT_EQ(json_.list_resource_tags(padded("")).error().text, "the body is empty");
    EXPECT_EQ(json_.list_resource_tags(padded(R"({"Truncated":false})")).error().text,
              "Tags is missing");
    EXPECT_EQ(json_.get_key_policy(padded("")).error().text, "the body is empty");
    EXPECT_FALSE(json_.list_keys(padded(R"({"Keys":[],"Keys":[{"KeyId":"k"}]})")));
}

TEST_F(KmsResponseJsonTest, treats_null_as_absent_in_every_list) {
    const ListKeysResult keys =
        json_
            .list_keys(padded(
                R"({"Keys":[{"KeyId":"k","KeyArn":null}],"NextMarker":null,"Truncated":false})"))
            .value();
    EXPECT_EQ(keys.keys.size(), 1U);
    EXPECT_FALSE(keys.next_marker);
    const ListAliasesResult aliases =
        json_
            .list_aliases(padded(R"({"NextMarker" : null , "Truncated":null,"Aliases":[)"
                                 R"({"AliasName":"alias/a","AliasArn":null,"TargetKeyId":null,)"
                                 R"("CreationDate":null,"LastUpdatedDate":null}]})"))
            .value();
    EXPECT_EQ(aliases.aliases.size(), 1U);
    EXPECT_FALSE(aliases.truncated);
    for (const char* body :
         {R"({"Tags": [{"TagKey": "a", "TagValue": "b"}], "NextMarker": null, "Truncated": false})",
          R"({"Tags": [{"TagKey": "a", "TagValue": "b"}], "Truncated": false, "NextMarker": null})",
          "{\n \"NextMarker\": null,\n \"Tags\": [{\"TagKey\": \"a\", \"TagValue\": "
          "\"b\"}]\n}"}) {
        const auto tags = json_.list_resource_tags(padded(body));
        ASSERT_TRUE(tags) << tags.error().text << body;
        EXPECT_EQ(tags->tags, std::vector<Tag>{Tag("a", "b")});
        EXPECT_FALSE(tags->next_marker);
    }
    EXPECT_EQ(json_.get_key_policy(padded(R"({"Policy":"{}","PolicyName":null})")).value().policy,
              "{}");
}

TEST_F(KmsResponseJsonTest, treats_null_as_absent_in_every_member_of_metadata) {
    for (const char* name : {"AWSAccountId",
                             "Arn",
                             "CreationDate",
                             "DeletionDate",
                             "Enabled",
                             "Description",
                             "KeyUsage",
                             "KeySpec",
                             "KeyState",
                             "Origin",
                             "KeyManager",
                             "PendingDeletionWindowInDays",
                             "ExpirationModel",
                             "ValidTo",
                             "CurrentKeyMaterialId",
                             "MultiRegion",
                             "MultiRegionConfiguration",
                             "XksKeyConfiguration"}) {
        EXPECT_EQ(describe(std::string("{\"") + name + R"(":null,"KeyId":"k"})").key_id, "k")
            << name;
    }
    const KeyMetadata key =
        describe(R"({"KeyId":"k","MultiRegionConfiguration":{"MultiRegionKeyType":null,)"
                 R"("PrimaryKey":null,"ReplicaKeys":null}})");
    EXPECT_FALSE(key.multi_region_configuration->primary_key);
    EXPECT_TRUE(key.multi_region_configuration->replica_keys.empty());
    const auto replicated = json_.replicate_key(
        padded(R"({"ReplicaKeyMetadata":{"KeyId":"k"},"ReplicaPolicy":null,"ReplicaTags":null})"));
    EXPECT_TRUE(replicated.value().replica_tags.empty());
}

TEST_F(KmsResponseJsonTest, truncated_page_without_marker_is_an_error) {
    EXPECT_FALSE(json_.list_keys(padded(R"({"Keys":[],"Truncated":true})")));
    EXPECT_FALSE(json_.list_keys(padded(R"({"Keys":[{"KeyArn":"arn:1"}]})")));
}

TEST_F(KmsResponseJsonTest, reads_a_page_of_aliases) {
    const ListAliasesResult result =
        json_
            .list_aliases(padded(R"({"AliasCount":2,"Aliases":[{"AliasName":"alias/orders",)"
                                 R"("AliasArn":"arn:1","TargetKeyId":"mrk-1",)"
                                 R"("CreationDate":1607472987.918,"LastUpdatedDate":1.7E9,)"
                                 R"("Since":{}},{"AliasName":"alias/aws/s3","AliasArn":"arn:2",)"
                                 R"("TargetKeyId":null}],"NextMarker":"m","Truncated":true})"))
            .value();
    ASSERT_EQ(result.aliases.size(), 2U);
    EXPECT_EQ(result.aliases[0].alias_name, "alias/orders");
    EXPECT_EQ(result.aliases[0].alias_arn, "arn:1");
    EXPECT_EQ(result.aliases[0].target_key_id, "mrk-1");
    EXPECT_EQ(result.aliases[0].creation_date_s, 1607472987.918);
    EXPECT_EQ(result.aliases[0].last_updated_date_s, 1.7e9);
    EXPECT_EQ(result.aliases[1].alias_name, "alias/aws/s3");
    EXPECT_FALSE(result.aliases[1].target_key_id);
    EXPECT_FALSE(result.aliases[1].creation_date_s);
    EXPECT_EQ(result.next_marker, "m");
    EXPECT_TRUE(result.truncated);
}

TEST_F(KmsResponseJsonTest, rejects_invalid_aliases) {
    for (const char* body : {R"({"Aliases":[{"AliasArn":"arn:1"}]})",
                             R"({"Aliases":[{"AliasName":null}]})",
                             R"({"Aliases":[{"AliasName":7}]})",
                             R"({"Aliases":["alias/orders"]})",
                             R"({"Aliases":{"AliasName":"alias/orders"}})",
                             R"({"Aliases":[{"AliasName":"alias/a","TargetKeyId":{}}]})",
                             R"({"Aliases":[{"AliasName":"alias/a","CreationDate":"2020"}]})",
                             R"({"Aliases":[{"AliasName":"alias/a"}],"Truncated":true})",
                             R"({"Aliases":[{"AliasName":"alias/a"}],"Truncated":"false"})",
                             R"({"Aliases":[{"AliasName":"alias/a"})"}) {
        EXPECT_FALSE(json_.list_aliases(padded(body))) << body;
    }
    EXPECT_FALSE(json_.list_aliases(padded("{\"Aliases\":[{\"AliasName\":\"\xff\"}]}")));
}

TEST_F(KmsResponseJsonTest, reads_a_page_of_tags) {
    const ListResourceTagsResult result =
        json_
            .list_resource_tags(padded(R"({"TagCount":2,"Tags":[{"TagKey":"team",)"
                                       R"("TagValue":"Schl\u00fcssel"},{"TagValue":"",)"
                                       R"("TagKey":"empty"}],"NextMarker":"m","Truncated":true})"))
            .value();
    EXPECT_EQ(result.tags, (std::vector<Tag>{Tag("team", "Schl\u00fcssel"), Tag("empty", "")}));
    EXPECT_EQ(result.next_marker, "m");
    EXPECT_TRUE(result.truncated);
}

TEST_F(KmsResponseJsonTest, rejects_invalid_tags) {
    for (const char* body : {R"({"Tags":[{"TagValue":"v"}]})",
                             R"({"Tags":[{"TagKey":["team"]}]})",
                             R"({"Tags":[{"TagKey":"team","TagValue":1}]})",
                             R"({"Tags":["team"]})",
                             R"({"Tags":"team"})",
                             R"({"Tags":[],"Truncated":true})",
                             R"({"Tags":[],"NextMarker":1})",
                             "[]"}) {
        EXPECT_FALSE(json_.list_resource_tags(padded(body))) << body;
    }
}

TEST_F(KmsResponseJsonTest, empty_page_of_aliases_or_tags_is_the_last) {
    for (const char* body :
         {R"({"Aliases":[],"Tags":[]})", R"({"Aliases":[],"Tags":[],"Truncated":false})"}) {
        EXPECT_TRUE(json_.list_aliases(padded(body)).value().aliases.empty()) << body;
        EXPECT_FALSE(json_.list_aliases(padded(body)).value().truncated) << body;
        EXPECT_TRUE(json_.list_resource_tags(padded(body)).value().tags.empty()) << body;
        EXPECT_FALSE(json_.list_resource_tags(padded(body)).value().truncated) << body;
    }
}

TEST_F(KmsResponseJsonTest, keeps_policy_text_unchanged) {
    const GetKeyPolicyResult result =
        json_
            .get_key_policy(padded(R"({"Policy":"{\n  \"Id\" : \"caf\u00e9\"\n}",)"
                                   R"("PolicyName":"default"})"))
            .value();
    EXPECT_EQ(result.policy, "{\n  \"Id\" : \"caf\u00e9\"\n}");
    EXPECT_EQ(result.policy_name, "default");
    EXPECT_FALSE(json_.get_key_policy(padded(R"({"Policy":"{}"})")).value().policy_name);
}

TEST_F(KmsResponseJsonTest, missing_policy_is_an_error) {
    for (const char* body : {"",
                             "{}",
                             R"({"PolicyName":"default"})",
                             R"({"Policy":null})",
                             R"({"Policy":""})",
                             R"({"Policy":{"Version":"2012-10-17"}})",
                             R"({"Policy":"{}","PolicyName":1})",
                             R"({"Policy":"{})"}) {
        EXPECT_FALSE(json_.get_key_policy(padded(body))) << body;
    }
}

TEST_F(KmsResponseJsonTest, empty_result_accepts_any_json_members) {
    for (const char* body : {"", "{}", R"({"KeyId":"k","New":[1]})"}) {
        EXPECT_TRUE(json_.empty(padded(body))) << body;
    }
    for (const char* body : {"[]", "null", "{", "<html>"}) {
        EXPECT_FALSE(json_.empty(padded(body))) << body;
    }
}

TEST_F(KmsResponseJsonTest, reads_errors_like_the_sdks) {
    struct Case {
        const char* body;
        const char* code;
        const char* message;
    };
    for (const Case& c : {
             Case{R"({"__type":"NotFoundException","message":"m"})", "NotFoundException", "m"},
             Case{R"({"__type":"NotFoundException","Message":"M"})", "NotFoundException", "M"},
             Case{R"({"Message":"M","message":"m","code":"C","__type":"T"})", "T", "m"},
             Case{R"({"code":"C"})", "C", ""},
             Case{R"({ "__type":"UnknownOperationException"})", "UnknownOperationException", ""},
             Case{R"({"__type":7,"code":"C","message":{"a":1}})", "C", ""},
             Case{R"({"__type":null,"message":null})", "", ""},
             Case{"", "", ""},
             Case{"<html>503</html>", "", ""},
         }) {
        const KmsErrorDocument document = json_.error(padded(c.body));
        EXPECT_EQ(document.code, c.code) << c.body;
        EXPECT_EQ(document.message, c.message) << c.body;
    }
}

}  // namespace
}  // namespace keyferry::io
