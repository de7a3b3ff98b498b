// SPDX-License-Identifier: Apache-2.0
#include "io/kms_http/kms_request_json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace keyferry::io {
namespace {

template <typename Request>
std::string json_of(const Request& request) {
    std::string body;
    append_json(request, body);
    return body;
}

const std::string kRequestKeyId = "mrk-1234567890abcdef1234567890abcdef";

TEST(KmsRequestJson, replicate_key_omits_unset_members) {
    EXPECT_EQ(json_of(ReplicateKeyRequest(kRequestKeyId, "eu-west-1")),
              R"({"KeyId":"mrk-1234567890abcdef1234567890abcdef","ReplicaRegion":"eu-west-1"})");
}

TEST(KmsRequestJson, replicate_key_sends_every_member) {
    ReplicateKeyRequest request(kRequestKeyId, "eu-west-1");
    request.policy = R"({"Version":"2012-10-17"})";
    request.bypass_policy_lockout_safety_check = true;
    request.description = "";
    request.tags = {Tag("team", "storage"), Tag("empty", "")};
    EXPECT_EQ(json_of(request),
              R"({"KeyId":"mrk-1234567890abcdef1234567890abcdef","ReplicaRegion":"eu-west-1",)"
              R"("Policy":"{\"Version\":\"2012-10-17\"}","BypassPolicyLockoutSafetyCheck":true,)"
              R"("Description":"","Tags":[{"TagKey":"team","TagValue":"storage"},)"
              R"({"TagKey":"empty","TagValue":""}]})");
}

TEST(KmsRequestJson, describe_key_sends_the_key) {
    EXPECT_EQ(json_of(DescribeKeyRequest("alias/a")), R"({"KeyId":"alias/a"})");
}

TEST(KmsRequestJson, create_key_sends_an_empty_object_or_every_member) {
    CreateKeyRequest request;
    EXPECT_EQ(json_of(request), "{}");
    request.policy = "{}";
    request.description = "d";
    request.key_usage = "ENCRYPT_DECRYPT";
    request.key_spec = "SYMMETRIC_DEFAULT";
    request.origin = "AWS_KMS";
    request.bypass_policy_lockout_safety_check = false;
    request.tags = {Tag("a", "b")};
    request.multi_region = true;
    EXPECT_EQ(json_of(request),
              R"({"Policy":"{}","Description":"d","KeyUsage":"ENCRYPT_DECRYPT",)"
              R"("KeySpec":"SYMMETRIC_DEFAULT","Origin":"AWS_KMS",)"
              R"("BypassPolicyLockoutSafetyCheck":false,"Tags":[{"TagKey":"a","TagValue":"b"}],)"
              R"("MultiRegion":true})");
}

TEST(KmsRequestJson, list_keys_sends_limit_and_marker) {
    ListKeysRequest request;
    EXPECT_EQ(json_of(request), "{}");
    request.limit = 1000;
    request.marker = "m";
    EXPECT_EQ(json_of(request), R"({"Limit":1000,"Marker":"m"})");
}

TEST(KmsRequestJson, list_aliases_omits_unset_members) {
    ListAliasesRequest request;
    EXPECT_EQ(json_of(request), "{}");
    request.key_id = kRequestKeyId;
    request.limit = 100;
    request.marker = "m";
    EXPECT_EQ(json_of(request),
              R"({"KeyId":"mrk-1234567890abcdef1234567890abcdef","Limit":100,"Marker":"m"})");
}

TEST(KmsRequestJson, list_resource_tags_omits_unset_members) {
    ListResourceTagsRequest request(kRequestKeyId);
    EXPECT_EQ(json_of(request), R"({"KeyId":"mrk-1234567890abcdef1234567890abcdef"})");
    request.limit = 50;
    request.marker = "m";
    EXPECT_EQ(json_of(request),
              R"({"KeyId":"mrk-1234567890abcdef1234567890abcdef","Limit":50,"Marker":"m"})");
}

TEST(KmsRequestJson, get_key_policy_omits_unset_name) {
    GetKeyPolicyRequest request(kRequestKeyId);
    EXPECT_EQ(json_of(request), R"({"KeyId":"mrk-1234567890abcdef1234567890abcdef"})");
    request.policy_name = "default";
    EXPECT_EQ(json_of(request),
              R"({"KeyId":"mrk-1234567890abcdef1234567890abcdef","PolicyName":"default"})");
}

TEST(KmsRequestJson, key_updates_send_key_and_new_values) {
    PutKeyPolicyRequest policy("k", R"({"a":1})");
    EXPECT_EQ(json_of(policy), R"({"KeyId":"k","Policy":"{\"a\":1}"})");
    policy.policy_name = "default";
    policy.bypass_policy_lockout_safety_check = true;
    EXPECT_EQ(json_of(policy),
              R"({"KeyId":"k","PolicyName":"default","Policy":"{\"a\":1}",)"
              R"("BypassPolicyLockoutSafetyCheck":true})");
    EXPECT_EQ(json_of(TagResourceRequest("k", {Tag("a", "1"), Tag("b", "")})),
              R"({"KeyId":"k","Tags":[{"TagKey":"a","TagValue":"1"},)"
              R"({"TagKey":"b","TagValue":""}]})");
    EXPECT_EQ(json_of(UntagResourceRequest("k", {"a", "\""})),
              R"({"KeyId":"k","TagKeys":["a","\""]})");
    EXPECT_EQ(json_of(UpdateKeyDescriptionRequest("k", "")), R"({"KeyId":"k","Description":""})");
}

TEST(KmsRequestJson, required_lists_are_sent_even_if_empty) {
    EXPECT_EQ(json_of(TagResourceRequest("k", {})), R"({"KeyId":"k","Tags":[]})");
    EXPECT_EQ(json_of(UntagResourceRequest("k", {})), R"({"KeyId":"k","TagKeys":[]})");
}

TEST(KmsRequestJson, alias_updates_send_name_and_target) {
    EXPECT_EQ(json_of(CreateAliasRequest("alias/a", "k")),
              R"({"AliasName":"alias/a","TargetKeyId":"k"})");
    EXPECT_EQ(json_of(UpdateAliasRequest("alias/a", "k")),
              R"({"AliasName":"alias/a","TargetKeyId":"k"})");
    EXPECT_EQ(json_of(DeleteAliasRequest("alias/a")), R"({"AliasName":"alias/a"})");
}

TEST(KmsRequestJson, escapes_only_what_json_requires) {
    EXPECT_EQ(json_of(DescribeKeyRequest("\"\\/\n\r\t")), R"({"KeyId":"\"\\/\n\r\t"})");
    EXPECT_EQ(json_of(DescribeKeyRequest(std::string("\0\x01\x1f\x7f", 4))),
              "{\"KeyId\":\"\\u0000\\u0001\\u001f\x7f\"}");
    EXPECT_EQ(json_of(DescribeKeyRequest("Schl\u00fcssel \u00ff")),
              "{\"KeyId\":\"Schl\u00fcssel \u00ff\"}");
}

TEST(KmsRequestJson, appends_to_existing_text) {
    std::string body = "x";
    append_json(ListKeysRequest(), body);
    EXPECT_EQ(body, "x{}");
}

}  // namespace
}  // namespace keyferry::io
