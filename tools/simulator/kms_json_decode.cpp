#include "tools/simulator/kms_json.hpp"
#include "tools/simulator/request_checks.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace keyferry {

namespace {

namespace json = boost::json;

/// Reads the members of one JSON object and remembers the first that has the wrong type, and all
/// required ones that are missing.
class MemberReader {
  public:
    explicit MemberReader(const json::value& value) : object_(value.if_object()) {
        if (object_ == nullptr) {
            wrong_ = "Expected a JSON object.";
        }
    }

    void read(std::string_view name, std::optional<std::string>& into) {
        if (const json::value* value = member(name)) {
            if (const json::string* text = value->if_string()) {
                into = std::string(std::string_view(*text));
            } else {
                wrong_type(*value, "String");
            }
        }
    }

    void read(std::string_view name, std::optional<bool>& into) {
        if (const json::value* value = member(name)) {
            if (const bool* flag = value->if_bool()) {
                into = *flag;
            } else {
                wrong_type(*value, "Boolean");
            }
        }
    }

    void read(std::string_view name, std::optional<std::int32_t>& into) {
        using Limits = std::numeric_limits<std::int32_t>;
        if (const json::value* value = member(name)) {
            const std::int64_t* number = value->if_int64();
            if (number != nullptr && *number >= Limits::min() && *number <= Limits::max()) {
                into = static_cast<std::int32_t>(*number);
            } else {
                wrong_type(*value, "Integer");
            }
        }
    }

    /// `shown_as` is the member's name in a ValidationException.
    std::string read_required(std::string_view name, std::string_view shown_as) {
        std::optional<std::string> text;
        read(name, text);
        if (!text) {
            missing_.add_missing(shown_as);
        }
        return std::move(text).value_or("");
    }

    void read_tags(std::vector<Tag>& into) {
        const json::value* value = member("Tags");
        if (value == nullptr) {
            return;
        }
        const json::array* list = value->if_array();
        if (list == nullptr) {
            wrong_type(*value, "List");
            return;
        }
        for (const json::value& item : *list) {
            MemberReader tag(item);
            const std::string shown_as = "tags." + std::to_string(into.size() + 1) + ".member.tag";
            std::string key = tag.read_required("TagKey", shown_as + "Key");
            std::string text = tag.read_required("TagValue", shown_as + "Value");
            into.emplace_back(std::move(key), std::move(text));
            if (auto refusal = tag.refusal()) {
                first_in_list_ = std::move(refusal);
                return;
            }
        }
    }

    std::optional<KmsRefusal> refusal() const {
        if (!wrong_.empty()) {
            return refusal_serialization(wrong_);
        }
        return first_in_list_ ? first_in_list_ : missing_.refusal();
    }

  private:
    const json::value* member(std::string_view name) const {
        const json::value* value = object_ ? object_->if_contains(name) : nullptr;
        return value != nullptr && !value->is_null() ? value : nullptr;
    }

    void wrong_type(const json::value& value, std::string_view wanted) {
        std::string_view has = "NUMBER_VALUE";
        if (value.is_object() || value.is_array()) {
            wrong_ = "Start of structure or map found where not expected.";
            return;
        }
        if (value.is_bool()) {
            has = value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
        } else if (value.is_string()) {
            has = "STRING_VALUE";
        }
        wrong_ = std::string(has) + " can not be converted to a " + std::string(wanted);
    }

    const json::object* object_;
    std::string wrong_;
    ValidationFindings missing_;
    std::optional<KmsRefusal> first_in_list_;
};

/// Parses `body` and lets `read` make a request of it.
template <typename Request, typename Read>
DecodedRequest<Request> decode(std::string_view body, Read read) {
    constexpr std::size_t kBufferBytes = 8192;
    std::array<unsigned char, kBufferBytes> buffer;  // NOLINT: written before it is read
    json::monotonic_resource memory(buffer.data(), buffer.size());
    json::parse_options options;
    options.max_depth = kRequestJsonDepthMax;
    json::error_code error;
    const json::value document = json::parse(body, error, &memory, options);
    if (error) {
        return refusal_serialization("");
    }
    MemberReader members(document);
    Request request = read(members);
    if (auto refusal = members.refusal()) {
        return *std::move(refusal);
    }
    return request;
}

}  // namespace

DecodedRequest<ReplicateKeyRequest> decode_replicate_key(std::string_view body) {
    return decode<ReplicateKeyRequest>(body, [](MemberReader& members) {
        std::string key_id = members.read_required("KeyId", "keyId");
        std::string region = members.read_required("ReplicaRegion", "replicaRegion");
        ReplicateKeyRequest request(std::move(key_id), std::move(region));
        members.read("Policy", request.policy);
        members.read("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
        members.read("Description", request.description);
        members.read_tags(request.tags);
        return request;
    });
}

DecodedRequest<DescribeKeyRequest> decode_describe_key(std::string_view body) {
    return decode<DescribeKeyRequest>(body, [](MemberReader& members) {
        return DescribeKeyRequest(members.read_required("KeyId", "keyId"));
    });
}

DecodedRequest<CreateKeyRequest> decode_create_key(std::string_view body) {
    return decode<CreateKeyRequest>(body, [](MemberReader& members) {
        CreateKeyRequest request;
        members.read("Policy", request.policy);
        members.read("BypassPolicyLockoutSafetyCheck", request.bypass_policy_lockout_safety_check);
        members.read("Description", request.description);
        members.read("KeyUsage", request.key_usage);
        members.read("CustomerMasterKeySpec", request.key_spec);  // the deprecated name
        members.read("KeySpec", request.key_spec);
        members.read("Origin", request.origin);
        members.read("MultiRegion", request.multi_region);
        members.read_tags(request.tags);
        return request;
    });
}

DecodedRequest<ListKeysRequest> decode_list_keys(std::string_view body) {
    return decode<ListKeysRequest>(body, [](MemberReader& members) {
        ListKeysRequest request;
        members.read("Limit", request.limit);
        members.read("Marker", request.marker);
        return request;
    });
}

DecodedRequest<ListAliasesRequest> decode_list_aliases(std::string_view body) {
    return decode<ListAliasesRequest>(body, [](MemberReader& members) {
        ListAliasesRequest request;
        members.read("KeyId", request.key_id);
        members.read("Limit", request.limit);
        members.read("Marker", request.marker);
        return request;
    });
}

DecodedRequest<ListResourceTagsRequest> decode_list_resource_tags(std::string_view body) {
    return decode<ListResourceTagsRequest>(body, [](MemberReader& members) {
        ListResourceTagsRequest request(members.read_required("KeyId", "keyId"));
        members.read("Limit", request.limit);
        members.read("Marker", request.marker);
        return request;
    });
}

DecodedRequest<GetKeyPolicyRequest> decode_get_key_policy(std::string_view body) {
    return decode<GetKeyPolicyRequest>(body, [](MemberReader& members) {
        GetKeyPolicyRequest request(members.read_required("KeyId", "keyId"));
        members.read("PolicyName", request.policy_name);
        return request;
    });
}

}  // namespace keyferry
