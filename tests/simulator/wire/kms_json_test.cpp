// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/wire/kms_json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::simulator {
namespace {

using testing::HasSubstr;

template <typename Request>
const KmsRefusal& refusal_of(const DecodedRequest<Request>& decoded) {
    return std::get<KmsRefusal>(decoded);
}

TEST(KmsJsonTest, reads_every_member_of_replicate_key) {
    const auto decoded = decode_request<io::ReplicateKeyRequest>(
        R"({"KeyId":"mrk-1","ReplicaRegion":"eu-west-1","Policy":"{}","Description":"d",
            "BypassPolicyLockoutSafetyCheck":true,
            "Tags":[{"TagKey":"a","TagValue":"1"},{"TagKey":"b","TagValue":""}]})");
    const auto& request = std::get<io::ReplicateKeyRequest>(decoded);
    EXPECT_EQ(request.key_id, "mrk-1");
    EXPECT_EQ(request.replica_region, "eu-west-1");
    EXPECT_EQ(request.policy, "{}");
    EXPECT_EQ(request.description, "d");
    EXPECT_EQ(request.bypass_policy_lockout_safety_check, true);
    EXPECT_EQ(request.tags, (std::vector<io::Tag>{io::Tag("a", "1"), io::Tag("b", "")}));
}

TEST(KmsJsonTest, ignores_unknown_and_null_members) {
    const auto decoded = decode_request<io::DescribeKeyRequest>(
        R"({"KeyId":"k","GrantTokens":["t"],"New":{"a":[]}})");
    EXPECT_EQ(std::get<io::DescribeKeyRequest>(decoded).key_id, "k");
    const auto listed = decode_request<io::ListKeysRequest>(R"({"Limit":null,"Marker":null})");
    EXPECT_FALSE(std::get<io::ListKeysRequest>(listed).limit.has_value());
    const auto named = decode_request<io::ListAliasesRequest>(R"({"KeyId":null,"Of":["x"]})");
    EXPECT_FALSE(std::get<io::ListAliasesRequest>(named).key_id.has_value());
    const auto policy =
        decode_request<io::GetKeyPolicyRequest>(R"({"KeyId":"k","PolicyName":null})");
    EXPECT_FALSE(std::get<io::GetKeyPolicyRequest>(policy).policy_name.has_value());
}

TEST(KmsJsonTest, reads_every_member_of_attribute_reads) {
    const auto aliases =
        decode_request<io::ListAliasesRequest>(R"({"KeyId":"k","Limit":7,"Marker":"m"})");
    EXPECT_EQ(std::get<io::ListAliasesRequest>(aliases).key_id, "k");
    EXPECT_EQ(std::get<io::ListAliasesRequest>(aliases).limit, 7);
    EXPECT_EQ(std::get<io::ListAliasesRequest>(aliases).marker, "m");
    const auto tags =
        decode_request<io::ListResourceTagsRequest>(R"({"KeyId":"k","Limit":7,"Marker":"m"})");
    EXPECT_EQ(std::get<io::ListResourceTagsRequest>(tags).key_id, "k");
    EXPECT_EQ(std::get<io::ListResourceTagsRequest>(tags).limit, 7);
    EXPECT_EQ(std::get<io::ListResourceTagsRequest>(tags).marker, "m");
    const auto policy =
        decode_request<io::GetKeyPolicyRequest>(R"({"KeyId":"k","PolicyName":"default"})");
    EXPECT_EQ(std::get<io::GetKeyPolicyRequest>(policy).key_id, "k");
    EXPECT_EQ(std::get<io::GetKeyPolicyRequest>(policy).policy_name, "default");
}

TEST(KmsJsonTest, reads_every_member_of_changes) {
    const auto policy = std::get<io::PutKeyPolicyRequest>(decode_request<io::PutKeyPolicyRequest>(
        R"({"KeyId":"k","Policy":"{}","PolicyName":"default",
            "BypassPolicyLockoutSafetyCheck":true})"));
    EXPECT_EQ(policy.policy, "{}");
    EXPECT_EQ(policy.policy_name, "default");
    EXPECT_EQ(policy.bypass_policy_lockout_safety_check, true);
    const auto tags = std::get<io::TagResourceRequest>(decode_request<io::TagResourceRequest>(
        R"({"KeyId":"k","Tags":[{"TagKey":"a","TagValue":"1"}]})"));
    EXPECT_EQ(tags.tags, std::vector<io::Tag>{io::Tag("a", "1")});
    const auto untag = std::get<io::UntagResourceRequest>(
        decode_request<io::UntagResourceRequest>(R"({"KeyId":"k","TagKeys":["a","b"]})"));
    EXPECT_EQ(untag.tag_keys, (std::vector<std::string>{"a", "b"}));
    const auto text = std::get<io::UpdateKeyDescriptionRequest>(
        decode_request<io::UpdateKeyDescriptionRequest>(R"({"KeyId":"k","Description":""})"));
    EXPECT_EQ(text.description, "");
    const auto alias = std::get<io::CreateAliasRequest>(
        decode_request<io::CreateAliasRequest>(R"({"AliasName":"alias/a","TargetKeyId":"k"})"));
    EXPECT_EQ(alias.alias_name, "alias/a");
    EXPECT_EQ(alias.target_key_id, "k");
}

TEST(KmsJsonTest, required_lists_must_be_lists) {
    EXPECT_THAT(refusal_of(decode_request<io::TagResourceRequest>(R"({"KeyId":"k"})")).message,
                HasSubstr("Value null at 'tags'"));
    EXPECT_THAT(refusal_of(decode_request<io::UntagResourceRequest>(R"({"KeyId":"k"})")).message,
                HasSubstr("Value null at 'tagKeys'"));
    for (const char* keys : {R"("a")", "[1]", R"({"a":"b"})"}) {
        const std::string body = R"({"KeyId":"k","TagKeys":)" + std::string(keys) + "}";
        EXPECT_EQ(refusal_of(decode_request<io::UntagResourceRequest>(body)).wire_code,
                  "SerializationException")
            << body;
    }
}

TEST(KmsJsonTest, missing_members_are_reported_together) {
    const auto decoded = decode_request<io::ReplicateKeyRequest>("{}");
    EXPECT_EQ(refusal_of(decoded).wire_code, "ValidationException");
    EXPECT_EQ(refusal_of(decoded).message,
              "2 validation errors detected: Value null at 'keyId' failed to satisfy constraint: "
              "Member must not be null; Value null at 'replicaRegion' failed to satisfy "
              "constraint: Member must not be null");
    EXPECT_EQ(refusal_of(decode_request<io::ListResourceTagsRequest>("{}")).wire_code,
              "ValidationException");
    EXPECT_EQ(refusal_of(decode_request<io::GetKeyPolicyRequest>("{}")).wire_code,
              "ValidationException");
    const auto tag = decode_request<io::CreateKeyRequest>(R"({"Tags":[{"TagKey":"a"}]})");
    EXPECT_THAT(refusal_of(tag).message, HasSubstr("Value null at 'tags.1.member.tagValue'"));
}

TEST(KmsJsonTest, wrong_types_are_serialization_exceptions) {
    const auto message = [](std::string_view body) {
        const auto decoded = decode_request<io::CreateKeyRequest>(body);
        EXPECT_EQ(refusal_of(decoded).wire_code, "SerializationException") << body;
        EXPECT_EQ(refusal_of(decoded).http_status, 400);
        return refusal_of(decoded).message;
    };
    EXPECT_EQ(message(R"({"Description":1})"), "NUMBER_VALUE can not be converted to a String");
    EXPECT_EQ(message(R"({"Description":true})"), "TRUE_VALUE can not be converted to a String");
    EXPECT_EQ(message(R"({"MultiRegion":"yes"})"),
              "STRING_VALUE can not be converted to a Boolean");
    EXPECT_EQ(message(R"({"Tags":"x"})"), "STRING_VALUE can not be converted to a List");
    EXPECT_EQ(message(R"({"Description":{}})"),
              "Start of structure or map found where not expected.");
    EXPECT_EQ(refusal_of(decode_request<io::ListAliasesRequest>(R"({"Limit":"7"})")).wire_code,
              "SerializationException");
    EXPECT_EQ(
        refusal_of(decode_request<io::ListResourceTagsRequest>(R"({"KeyId":"k","Limit":1.5})"))
            .wire_code,
        "SerializationException");
    EXPECT_EQ(refusal_of(decode_request<io::GetKeyPolicyRequest>(R"({"KeyId":["k"]})")).wire_code,
              "SerializationException");
    message("[]");
    message("");
    message("{");
    message("{\"Description\":\"\xff\"}");
}

TEST(KmsJsonTest, grant_tokens_are_checked_in_every_request_that_has_them) {
    const auto check = [](auto decode) {
        const auto code = [&](const std::string& tokens) {
            return refusal_of(decode(tokens)).wire_code;
        };
        EXPECT_EQ(code("[1]"), "SerializationException");
        EXPECT_EQ(code("{}"), "SerializationException");
        EXPECT_EQ(code(R"([""])"), "ValidationException");
        EXPECT_EQ(code("[\"" + std::string(8193, 't') + "\"]"), "ValidationException");
        EXPECT_EQ(
            refusal_of(decode(R"(["1","2","3","4","5","6","7","8","9","10","11"])")).message,
            "1 validation error detected: Value '11 tokens' at 'grantTokens' failed to satisfy "
            "constraint: Member must have length less than or equal to 10");
    };
    check([](const std::string& tokens) {
        return decode_request<io::DescribeKeyRequest>(R"({"KeyId":"k","GrantTokens":)" + tokens +
                                                      "}");
    });
    check([](const std::string& tokens) {
        return decode_request<EncryptRequest>(R"({"KeyId":"k","Plaintext":"AA==","GrantTokens":)" +
                                              tokens + "}");
    });
    check([](const std::string& tokens) {
        return decode_request<CreateGrantRequest>(R"({"KeyId":"k","Operations":[],"GrantTokens":)" +
                                                  tokens + "}");
    });
}

TEST(KmsJsonTest, custom_key_stores_are_refused) {
    for (const char* body :
         {R"({"CustomKeyStoreId":"cks-1234567890abcdef0"})", R"({"XksKeyId":"key"})"}) {
        const auto decoded = decode_request<io::CreateKeyRequest>(body);
        EXPECT_EQ(refusal_of(decoded).wire_code, "UnsupportedOperationException") << body;
    }
    EXPECT_TRUE(std::holds_alternative<io::CreateKeyRequest>(
        decode_request<io::CreateKeyRequest>(R"({"CustomKeyStoreId":null})")));
}

TEST(KmsJsonTest, nesting_is_limited) {
    std::string body = R"({"X":)" + std::string(1000, '[') + std::string(1000, ']') + "}";
    EXPECT_EQ(refusal_of(decode_request<io::ListKeysRequest>(body)).wire_code,
              "SerializationException");
}

TEST(KmsJsonTest, result_has_the_members_of_the_service_model) {
    io::ReplicateKeyResult result;
    io::KeyMetadata& data = result.replica_key_metadata;
    data.key_id = "mrk-1";
    data.arn = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1";
    data.account_id = "111122223333";
    data.creation_date_s = 1607472987.918;
    data.enabled = false;
    data.description = "a \"quoted\"\nline";
    data.key_state = io::KeyState::creating;
    data.key_usage = "ENCRYPT_DECRYPT";
    data.key_spec = "RSA_2048";
    data.multi_region = true;
    io::MultiRegionConfiguration& configuration = data.multi_region_configuration.emplace();
    configuration.type = io::MultiRegionKeyType::replica;
    configuration.primary_key = io::RelatedKey{"arn:p", "us-east-1"};
    result.replica_policy = "{ }";
    std::string body;
    append_body(result, body);
    EXPECT_THAT(body, HasSubstr("\"CreationDate\":1607472987.918,"));

    const auto json = boost::json::parse(body).as_object();
    EXPECT_FALSE(json.contains("ReplicaTags"));
    EXPECT_EQ(json.at("ReplicaPolicy").as_string(), "{ }");
    const auto& metadata = json.at("ReplicaKeyMetadata").as_object();
    EXPECT_EQ(metadata.at("AWSAccountId").as_string(), "111122223333");
    EXPECT_EQ(metadata.at("KeyState").as_string(), "Creating");
    EXPECT_EQ(metadata.at("Description").as_string(), "a \"quoted\"\nline");
    EXPECT_EQ(metadata.at("EncryptionAlgorithms").as_array().size(), 2U);
    EXPECT_FALSE(metadata.contains("DeletionDate"));
    const auto& related = metadata.at("MultiRegionConfiguration").as_object();
    EXPECT_EQ(related.at("MultiRegionKeyType").as_string(), "REPLICA");
    EXPECT_EQ(related.at("PrimaryKey").as_object().at("Region").as_string(), "us-east-1");
    EXPECT_TRUE(related.at("ReplicaKeys").as_array().empty());
}

TEST(KmsJsonTest, tags_are_omitted_when_empty) {
    io::ReplicateKeyResult result;
    result.replica_tags = {io::Tag("a", "1"), io::Tag("b", "2")};
    std::string body;
    append_body(result, body);
    EXPECT_THAT(body, HasSubstr(R"("ReplicaTags":[{"TagKey":"a","TagValue":"1"},{"TagKey":"b")"));
}

TEST(KmsJsonTest, error_has_bare_type_and_lower_case_message) {
    std::string body;
    append_body(KmsRefusal(io::KmsErrorCode::not_found, "Invalid arn \"x\""), body);
    EXPECT_EQ(body, R"({"__type":"NotFoundException","message":"Invalid arn \"x\""})");
    body.clear();
    append_body(KmsRefusal(io::KmsErrorCode::unknown_operation, ""), body);
    EXPECT_EQ(body, R"({"__type":"UnknownOperationException"})");
}

TEST(KmsJsonTest, list_keys_reports_truncation) {
    io::ListKeysResult result;
    result.keys.emplace_back("k1", "arn1");
    result.keys.emplace_back("k2", "arn2");
    result.truncated = true;
    result.next_marker = "m";
    std::string body;
    append_body(result, body);
    EXPECT_EQ(body,
              R"({"Keys":[{"KeyId":"k1","KeyArn":"arn1"},{"KeyId":"k2","KeyArn":"arn2"}],)"
              R"("NextMarker":"m","Truncated":true})");
}

TEST(KmsJsonTest, alias_dates_have_milliseconds) {
    io::ListAliasesResult result;
    io::AliasListEntry& alias = result.aliases.emplace_back();
    alias.alias_name = "alias/orders";
    alias.alias_arn = "arn1";
    alias.target_key_id = "k1";
    alias.creation_date_s = 1607472987.918;
    alias.last_updated_date_s = 1607472988;
    result.aliases.emplace_back().alias_name = "alias/aws/s3";
    result.truncated = true;
    result.next_marker = "m";
    std::string body;
    append_body(result, body);
    EXPECT_EQ(body,
              R"({"Aliases":[{"AliasName":"alias/orders","AliasArn":"arn1","TargetKeyId":"k1",)"
              R"("CreationDate":1607472987.918,"LastUpdatedDate":1607472988.000},)"
              R"({"AliasName":"alias/aws/s3","AliasArn":""}],"NextMarker":"m","Truncated":true})");
    body.clear();
    append_body(io::ListAliasesResult(), body);
    EXPECT_EQ(body, R"({"Aliases":[],"Truncated":false})");
}

TEST(KmsJsonTest, list_resource_tags_returns_an_empty_list) {
    io::ListResourceTagsResult result;
    std::string body;
    append_body(result, body);
    EXPECT_EQ(body, R"({"Tags":[],"Truncated":false})");
    body.clear();
    result.tags = {io::Tag("a", "\"1\"")};
    result.truncated = true;
    result.next_marker = "m";
    append_body(result, body);
    EXPECT_EQ(body,
              R"({"Tags":[{"TagKey":"a","TagValue":"\"1\""}],"NextMarker":"m","Truncated":true})");
}

TEST(KmsJsonTest, policy_is_a_string) {
    io::GetKeyPolicyResult result;
    result.policy = "{\n \"Id\": \"caf\u00e9\" }";
    result.policy_name = "default";
    std::string body;
    append_body(result, body);
    const auto json = boost::json::parse(body).as_object();
    EXPECT_EQ(json.at("Policy").as_string(), "{\n \"Id\": \"caf\u00e9\" }");
    EXPECT_EQ(json.at("PolicyName").as_string(), "default");
}

}  // namespace
}  // namespace keyferry::simulator
