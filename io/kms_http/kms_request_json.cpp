// SPDX-License-Identifier: Apache-2.0
#include "io/kms_http/kms_request_json.hpp"

#include "io/json/json_string.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keyferry::io {
namespace {

/// Writes a JSON object member by member.
class ObjectWriter {
  public:
    explicit ObjectWriter(std::string& body) : body_(body) { body_ += '{'; }

    /// `name` must be one of KMS's member names, which need no escaping.
    void member(std::string_view name, std::string_view text) {
        begin(name);
        append_json_string(text, body_);
    }
    void member(std::string_view name, const std::optional<std::string>& text) {
        if (text) {
            member(name, std::string_view(*text));
        }
    }
    void member(std::string_view name, std::optional<bool> value) {
        if (value) {
            begin(name);
            body_ += *value ? "true" : "false";
        }
    }
    void member(std::string_view name, std::optional<std::int32_t> value) {
        if (value) {
            begin(name);
            body_ += std::to_string(*value);
        }
    }
    void member(std::string_view name, const std::vector<Tag>& tags) {
        if (!tags.empty()) {
            required_list(name, tags);
        }
    }
    /// A list that KMS requires even if it is empty.
    template <typename Item>
    void required_list(std::string_view name, const std::vector<Item>& items) {
        begin(name);
        body_ += '[';
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i > 0) {
                body_ += ',';
            }
            append_item(items[i]);
        }
        body_ += ']';
    }
    void end() { body_ += '}'; }

  private:
    void append_item(const std::string& text) { append_json_string(text, body_); }
    void append_item(const Tag& tag) {
        ObjectWriter object(body_);
        object.member("TagKey", std::string_view(tag.key));
        object.member("TagValue", std::string_view(tag.value));
        object.end();
    }

    void begin(std::string_view name) {
        if (!first_) {
            body_ += ',';
        }
        first_ = false;
        body_ += '"';
        body_ += name;
        body_ += "\":";
    }

    std::string& body_;
    bool first_ = true;
};

}  // namespace

void append_json(const ReplicateKeyRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.member("ReplicaRegion", std::string_view(request.replica_region));
    object.member("Policy", request.policy);
    object.member("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
    object.member("Description", request.description);
    object.member("Tags", request.tags);
    object.end();
}

void append_json(const DescribeKeyRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.end();
}

void append_json(const CreateKeyRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("Policy", request.policy);
    object.member("Description", request.description);
    object.member("KeyUsage", request.key_usage);
    object.member("KeySpec", request.key_spec);
    object.member("Origin", request.origin);
    object.member("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
    object.member("Tags", request.tags);
    object.member("MultiRegion", request.multi_region);
    object.end();
}

void append_json(const ListKeysRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("Limit", request.limit);
    object.member("Marker", request.marker);
    object.end();
}

void append_json(const ListAliasesRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", request.key_id);
    object.member("Limit", request.limit);
    object.member("Marker", request.marker);
    object.end();
}

void append_json(const ListResourceTagsRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.member("Limit", request.limit);
    object.member("Marker", request.marker);
    object.end();
}

void append_json(const GetKeyPolicyRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.member("PolicyName", request.policy_name);
    object.end();
}

void append_json(const PutKeyPolicyRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.member("PolicyName", request.policy_name);
    object.member("Policy", std::string_view(request.policy));
    object.member("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
    object.end();
}

void append_json(const TagResourceRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.required_list("Tags", request.tags);
    object.end();
}

void append_json(const UntagResourceRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.required_list("TagKeys", request.tag_keys);
    object.end();
}

void append_json(const UpdateKeyDescriptionRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.member("Description", std::string_view(request.description));
    object.end();
}

void append_json(const EnableKeyRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.end();
}

void append_json(const DisableKeyRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("KeyId", std::string_view(request.key_id));
    object.end();
}

void append_json(const CreateAliasRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("AliasName", std::string_view(request.alias_name));
    object.member("TargetKeyId", std::string_view(request.target_key_id));
    object.end();
}

void append_json(const UpdateAliasRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("AliasName", std::string_view(request.alias_name));
    object.member("TargetKeyId", std::string_view(request.target_key_id));
    object.end();
}

void append_json(const DeleteAliasRequest& request, std::string& body) {
    ObjectWriter object(body);
    object.member("AliasName", std::string_view(request.alias_name));
    object.end();
}

}  // namespace keyferry::io
