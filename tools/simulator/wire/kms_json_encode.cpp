// SPDX-License-Identifier: Apache-2.0
#include "io/json/json_string.hpp"
#include "tools/simulator/requests/key_specs.hpp"
#include "tools/simulator/values/base64.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/wire/kms_json.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <optional>

namespace keyferry::simulator {

namespace {

void append_related(const io::RelatedKey& key, std::string& json) {
    ObjectText object(json);
    object.text("Arn", std::string_view(key.arn));
    object.text("Region", std::string_view(key.region));
    object.close();
}

void append_configuration(const io::MultiRegionConfiguration& configuration, std::string& json) {
    ObjectText object(json);
    object.text("MultiRegionKeyType", name_of(configuration.type));
    if (configuration.primary_key) {
        append_related(*configuration.primary_key, object.member("PrimaryKey"));
    }
    object.list("ReplicaKeys", configuration.replica_keys, append_related);
    object.close();
}

/// Each key usage has a separate member for its list of algorithms.
std::string_view algorithms_member(KeyUsage usage) {
    switch (usage) {
        case KeyUsage::encrypt_decrypt:
            return "EncryptionAlgorithms";
        case KeyUsage::sign_verify:
            return "SigningAlgorithms";
        case KeyUsage::generate_verify_mac:
            return "MacAlgorithms";
        case KeyUsage::key_agreement:
            return "KeyAgreementAlgorithms";
        case KeyUsage::encapsulate_decapsulate:
            break;
    }
    return "EncapsulationAlgorithms";
}

void append_algorithms(std::optional<std::uint8_t> spec,
                       std::optional<KeyUsage> usage,
                       ObjectText& object) {
    const KeySpecUse* use = spec && usage ? key_specs()[*spec].use(*usage) : nullptr;
    if (use == nullptr) {
        return;
    }
    std::string& json = object.member(algorithms_member(*usage));
    std::string_view rest = use->algorithms;
    char before = '[';
    while (!rest.empty()) {
        const std::size_t space = rest.find(' ');
        json.push_back(before);
        io::append_json_string(rest.substr(0, space), json);
        rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
        before = ',';
    }
    json.push_back(']');
}

void append_metadata(const io::KeyMetadata& data, std::string& json) {
    ObjectText object(json);
    object.text("AWSAccountId", data.account_id);
    object.text("KeyId", std::string_view(data.key_id));
    object.text("Arn", data.arn);
    object.date("CreationDate", data.creation_date_s);
    object.flag("Enabled", data.enabled);
    object.text("Description", data.description);
    object.text("KeyUsage", data.key_usage);
    if (data.key_state) {
        object.text("KeyState", name_of(*data.key_state));
    }
    object.date("DeletionDate", data.deletion_date_s);
    object.date("ValidTo", data.valid_to_s);
    object.text("Origin", data.origin);
    object.text("ExpirationModel", data.expiration_model);
    object.text("KeyManager", data.key_manager);
    object.text("CustomerMasterKeySpec", data.key_spec);
    object.text("KeySpec", data.key_spec);
    append_algorithms(key_spec_index(data.key_spec.value_or("")),
                      key_usage_named(data.key_usage.value_or("")),
                      object);
    object.number("PendingDeletionWindowInDays", data.pending_deletion_window_days);
    object.text("CurrentKeyMaterialId", data.current_key_material_id);
    object.flag("MultiRegion", data.multi_region);
    if (data.multi_region_configuration) {
        append_configuration(*data.multi_region_configuration,
                             object.member("MultiRegionConfiguration"));
    }
    object.close();
}

void append_alias(const io::AliasListEntry& alias, std::string& json) {
    ObjectText object(json);
    object.text("AliasName", std::string_view(alias.alias_name));
    object.text("AliasArn", std::string_view(alias.alias_arn));
    object.text("TargetKeyId", alias.target_key_id);
    object.date("CreationDate", alias.creation_date_s);
    object.date("LastUpdatedDate", alias.last_updated_date_s);
    object.close();
}

void append_tag(const io::Tag& tag, std::string& json) {
    ObjectText object(json);
    object.text("TagKey", std::string_view(tag.key));
    object.text("TagValue", std::string_view(tag.value));
    object.close();
}

void append_key(const io::KeyListEntry& key, std::string& json) {
    ObjectText object(json);
    object.text("KeyId", std::string_view(key.key_id));
    object.text("KeyArn", std::string_view(key.key_arn));
    object.close();
}

}  // namespace

void append_body(const io::ReplicateKeyResult& result, std::string& body) {
    ObjectText object(body);
    append_metadata(result.replica_key_metadata, object.member("ReplicaKeyMetadata"));
    object.text("ReplicaPolicy", result.replica_policy);
    if (!result.replica_tags.empty()) {  // KMS omits the member if there are no tags
        object.list("ReplicaTags", result.replica_tags, append_tag);
    }
    object.close();
}

void append_body(const io::DescribeKeyResult& result, std::string& body) {
    ObjectText object(body);
    append_metadata(result.key_metadata, object.member("KeyMetadata"));
    object.close();
}

void append_body(const io::CreateKeyResult& result, std::string& body) {
    ObjectText object(body);
    append_metadata(result.key_metadata, object.member("KeyMetadata"));
    object.close();
}

void append_body(const io::ListKeysResult& result, std::string& body) {
    ObjectText object(body);
    object.list("Keys", result.keys, append_key);
    object.text("NextMarker", result.next_marker);
    object.flag("Truncated", result.truncated);
    object.close();
}

void append_body(const io::ListAliasesResult& result, std::string& body) {
    ObjectText object(body);
    object.list("Aliases", result.aliases, append_alias);
    object.text("NextMarker", result.next_marker);
    object.flag("Truncated", result.truncated);
    object.close();
}

void append_body(const io::ListResourceTagsResult& result, std::string& body) {
    ObjectText object(body);
    object.list("Tags", result.tags, append_tag);
    object.text("NextMarker", result.next_marker);
    object.flag("Truncated", result.truncated);
    object.close();
}

void append_body(const io::GetKeyPolicyResult& result, std::string& body) {
    ObjectText object(body);
    object.text("Policy", std::string_view(result.policy));
    object.text("PolicyName", result.policy_name);
    object.close();
}

void append_body(const GetPublicKeyResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    object.text("PublicKey", std::string_view(base64(result.public_key)));
    object.text("CustomerMasterKeySpec", std::string_view(result.key_spec));
    object.text("KeySpec", std::string_view(result.key_spec));
    object.text("KeyUsage", name_of(result.usage));
    append_algorithms(key_spec_index(result.key_spec), result.usage, object);
    object.close();
}

void append_body(const io::EmptyResult& /*result*/, std::string& /*body*/) {}

void append_body(const KmsRefusal& refusal, std::string& body) {
    ObjectText object(body);
    object.text("__type", std::string_view(refusal.wire_code));
    if (!refusal.message.empty()) {
        object.text("message", std::string_view(refusal.message));
    }
    object.close();
}

}  // namespace keyferry::simulator
