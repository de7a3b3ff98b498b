// SPDX-License-Identifier: Apache-2.0
#include "io/kms_http/kms_response_json.hpp"

#include "io/http/response_reader.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace keyferry::io {
namespace {

namespace json = simdjson::ondemand;
using simdjson::error_code;
using simdjson::SUCCESS;

static_assert(kBodyPaddingBytes >= simdjson::SIMDJSON_PADDING);

/// The error for duplicate members, which are ambiguous. This simdjson error code cannot otherwise
/// occur here.
constexpr error_code kDuplicateMember = simdjson::INDEX_OUT_OF_BOUNDS;

// read() parses the value of a member into an empty target.

error_code read(json::value& value, RelatedKey& into);
error_code read(json::value& value, MultiRegionConfiguration& into);

error_code read(json::value& value, std::string& into) {
    if (!into.empty()) {
        return kDuplicateMember;
    }
    std::string_view text;
    const error_code error = value.get_string().get(text);
    if (error == SUCCESS) {
        into = text;
    }
    return error;
}

error_code read(json::value& value, bool& into) {
    return value.get_bool().get(into);
}

error_code read(json::value& value, double& into) {
    return value.get_double().get(into);
}

error_code read(json::value& value, std::int32_t& into) {
    std::int64_t number = 0;
    const error_code error = value.get_int64().get(number);
    if (error == SUCCESS && (number < INT32_MIN || number > INT32_MAX)) {
        return simdjson::NUMBER_OUT_OF_RANGE;
    }
    into = static_cast<std::int32_t>(number);
    return error;
}

/// If this program does not recognize a key state, keeps its name for messages.
error_code read_key_state(json::value& value, KeyMetadata& into) {
    if (into.key_state) {
        return kDuplicateMember;
    }
    std::string_view name;
    const error_code error = value.get_string().get(name);
    if (error == SUCCESS) {
        into.key_state = key_state_named(name);
        into.unknown_key_state = *into.key_state == KeyState::other ? name : std::string_view();
    }
    return error;
}

error_code read(json::value& value, MultiRegionKeyType& into) {
    std::string_view name;
    const error_code error = value.get_string().get(name);
    into = multi_region_key_type_named(name);
    return error;
}

/// Calls `member(name, value)` for each non-null member of an object. Values that `member` does not
/// read are skipped.
template <typename Member>
error_code for_each_member(json::object object, const Member& member) {
    for (auto entry : object) {
        json::field field;
        if (const error_code error = std::move(entry).get(field)) {
            return error;
        }
        std::string_view name;
        if (const error_code error = field.unescaped_key().get(name)) {
            return error;
        }
        json::value value = field.value();
        bool null = false;
        if (const error_code error = value.is_null().get(null)) {
            return error;
        }
        if (!null) {
            if (const error_code error = member(name, value)) {
                return error;
            }
        }
    }
    return SUCCESS;
}

template <typename Member>
error_code for_each_member(json::value& value, const Member& member) {
    json::object object;
    const error_code error = value.get_object().get(object);
    return error ? error : for_each_member(object, member);
}

template <typename T>
error_code read(json::value& value, std::optional<T>& into) {
    if (into) {
        return kDuplicateMember;
    }
    T read_value{};
    const error_code error = read(value, read_value);
    if (error == SUCCESS) {
        into.emplace(std::move(read_value));
    }
    return error;
}

template <typename Element>
error_code for_each_element(json::value& value, const Element& element) {
    json::array array;
    if (const error_code error = value.get_array().get(array)) {
        return error;
    }
    for (auto entry : array) {
        json::value item;
        // NOLINTNEXTLINE(performance-move-const-arg): get() takes only an rvalue
        if (const error_code error = std::move(entry).get(item)) {
            return error;
        }
        if (const error_code error = element(item)) {
            return error;
        }
    }
    return SUCCESS;
}

error_code read(json::value& value, RelatedKey& into) {
    return for_each_member(value, [&](std::string_view name, json::value& member) {
        if (name == "Arn") {
            return read(member, into.arn);
        }
        return name == "Region" ? read(member, into.region) : SUCCESS;
    });
}

error_code read(json::value& value, MultiRegionConfiguration& into) {
    return for_each_member(value, [&](std::string_view name, json::value& member) {
        if (name == "MultiRegionKeyType") {
            return read(member, into.type);
        }
        if (name == "PrimaryKey") {
            return read(member, into.primary_key);
        }
        if (name != "ReplicaKeys") {
            return SUCCESS;
        }
        return for_each_element(member, [&](json::value& item) {
            return read(item, into.replica_keys.emplace_back());
        });
    });
}

error_code read_metadata_member(std::string_view name, json::value& member, KeyMetadata& into) {
    if (name == "KeyId") {
        return read(member, into.key_id);
    }
    if (name == "Arn") {
        return read(member, into.arn);
    }
    if (name == "AWSAccountId") {
        return read(member, into.account_id);
    }
    if (name == "CreationDate") {
        return read(member, into.creation_date_s);
    }
    if (name == "DeletionDate") {
        return read(member, into.deletion_date_s);
    }
    if (name == "Enabled") {
        return read(member, into.enabled);
    }
    if (name == "Description") {
        return read(member, into.description);
    }
    if (name == "KeyUsage") {
        return read(member, into.key_usage);
    }
    if (name == "KeySpec") {
        return read(member, into.key_spec);
    }
    if (name == "Origin") {
        return read(member, into.origin);
    }
    if (name == "PendingDeletionWindowInDays") {
        return read(member, into.pending_deletion_window_days);
    }
    if (name == "ExpirationModel") {
        return read(member, into.expiration_model);
    }
    if (name == "ValidTo") {
        return read(member, into.valid_to_s);
    }
    if (name == "CurrentKeyMaterialId") {
        return read(member, into.current_key_material_id);
    }
    if (name == "KeyManager") {
        return read(member, into.key_manager);
    }
    if (name == "KeyState") {
        return read_key_state(member, into);
    }
    if (name == "MultiRegion") {
        return read(member, into.multi_region);
    }
    return name == "MultiRegionConfiguration" ? read(member, into.multi_region_configuration)
                                              : SUCCESS;
}

error_code read(json::value& value, KeyMetadata& into) {
    return for_each_member(value, [&](std::string_view name, json::value& member) {
        return read_metadata_member(name, member, into);
    });
}

error_code read(json::value& value, std::vector<Tag>& into) {
    return for_each_element(value, [&](json::value& item) {
        Tag& tag = into.emplace_back(std::string(), std::string());
        return for_each_member(item, [&](std::string_view name, json::value& member) {
            if (name == "TagKey") {
                return read(member, tag.key);
            }
            return name == "TagValue" ? read(member, tag.value) : SUCCESS;
        });
    });
}

error_code read(json::value& value, std::vector<KeyListEntry>& into) {
    return for_each_element(value, [&](json::value& item) {
        KeyListEntry& entry = into.emplace_back(std::string(), std::string());
        return for_each_member(item, [&](std::string_view name, json::value& member) {
            if (name == "KeyId") {
                return read(member, entry.key_id);
            }
            return name == "KeyArn" ? read(member, entry.key_arn) : SUCCESS;
        });
    });
}

error_code read(json::value& value, AliasListEntry& into) {
    return for_each_member(value, [&](std::string_view name, json::value& member) {
        if (name == "AliasName") {
            return read(member, into.alias_name);
        }
        if (name == "AliasArn") {
            return read(member, into.alias_arn);
        }
        if (name == "TargetKeyId") {
            return read(member, into.target_key_id);
        }
        if (name == "CreationDate") {
            return read(member, into.creation_date_s);
        }
        return name == "LastUpdatedDate" ? read(member, into.last_updated_date_s) : SUCCESS;
    });
}

error_code read(json::value& value, std::vector<AliasListEntry>& into) {
    return for_each_element(value,
                            [&](json::value& item) { return read(item, into.emplace_back()); });
}

}  // namespace

struct KmsResponseJson::Parser {
    /// Returns nullopt on success, otherwise the error. An empty body is an error.
    template <typename Member>
    std::optional<ParseProblem> read_document(std::string_view body, const Member& member) {
        if (body.empty()) {
            return ParseProblem{"the body is empty"};
        }
        std::string_view now_at;
        const auto note_member = [&](std::string_view name, json::value& value) {
            now_at = name;
            return member(name, value);
        };
        json::document document;
        const simdjson::padded_string_view padded(
            body.data(), body.size(), body.size() + kBodyPaddingBytes);
        error_code error = parser.iterate(padded).get(document);
        json::object object;
        if (!error) {
            error = document.get_object().get(object);
        }
        if (!error) {
            error = for_each_member(object, note_member);
        }
        if (error) {
            const std::string what =
                error == kDuplicateMember ? "a member is repeated" : simdjson::error_message(error);
            return ParseProblem{now_at.empty() ? fmt::format("it is not a JSON object: {}", what)
                                               : fmt::format("it is not valid KMS JSON: {}", what)};
        }
        const char* rest = nullptr;
        if (document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) {
            return ParseProblem{"unexpected data after the JSON object"};
        }
        return std::nullopt;
    }

    /// Parses a page of a list, whose entries are in `list`, the member `list_name`. A page without
    /// that member is invalid, because it does not show whether the list is empty. A truncated page
    /// without a marker is invalid, because the next page cannot be requested.
    template <typename Result, typename Entry>
    std::optional<ParseProblem> read_page(std::string_view body,
                                          std::string_view list_name,
                                          std::vector<Entry>& list,
                                          Result& page) {
        bool has_list = false;
        auto problem = read_document(body, [&](std::string_view name, json::value& member) {
            if (name == list_name) {
                return std::exchange(has_list, true) ? kDuplicateMember : read(member, list);
            }
            if (name == "NextMarker") {
                return read(member, page.next_marker);
            }
            return name == "Truncated" ? read(member, page.truncated) : SUCCESS;
        });
        if (problem) {
            return problem;
        }
        if (!has_list) {
            return ParseProblem{fmt::format("{} is missing", list_name)};
        }
        if (page.truncated && !page.next_marker) {
            return ParseProblem{"Truncated is true but NextMarker is missing"};
        }
        return std::nullopt;
    }

    json::parser parser;
};

KmsResponseJson::KmsResponseJson() : parser_(std::make_unique<Parser>()) {}
KmsResponseJson::~KmsResponseJson() = default;

Parsed<ReplicateKeyResult> KmsResponseJson::replicate_key(std::string_view body) {
    ReplicateKeyResult result;
    auto problem = parser_->read_document(body, [&](std::string_view name, json::value& member) {
        if (name == "ReplicaKeyMetadata") {
            return read(member, result.replica_key_metadata);
        }
        if (name == "ReplicaPolicy") {
            return read(member, result.replica_policy);
        }
        return name == "ReplicaTags" ? read(member, result.replica_tags) : SUCCESS;
    });
    if (problem) {
        return std::move(*problem);
    }
    const bool has_id = !result.replica_key_metadata.key_id.empty();
    return has_id ? Parsed<ReplicateKeyResult>(std::move(result))
                  : ParseProblem{"ReplicaKeyMetadata has no KeyId"};
}

Parsed<DescribeKeyResult> KmsResponseJson::describe_key(std::string_view body) {
    DescribeKeyResult result;
    auto problem = parser_->read_document(body, [&](std::string_view name, json::value& member) {
        return name == "KeyMetadata" ? read(member, result.key_metadata) : SUCCESS;
    });
    if (problem) {
        return std::move(*problem);
    }
    const bool has_id = !result.key_metadata.key_id.empty();
    return has_id ? Parsed<DescribeKeyResult>(std::move(result))
                  : ParseProblem{"KeyMetadata has no KeyId"};
}

Parsed<CreateKeyResult> KmsResponseJson::create_key(std::string_view body) {
    Parsed<DescribeKeyResult> same_form = describe_key(body);
    if (!same_form) {
        return same_form.error();
    }
    CreateKeyResult result;
    result.key_metadata = std::move(same_form->key_metadata);
    return result;
}

Parsed<ListKeysResult> KmsResponseJson::list_keys(std::string_view body) {
    ListKeysResult result;
    if (auto problem = parser_->read_page(body, "Keys", result.keys, result)) {
        return std::move(*problem);
    }
    for (const KeyListEntry& entry : result.keys) {
        if (entry.key_id.empty()) {
            return ParseProblem{"a key in the list has no KeyId"};
        }
    }
    return result;
}

Parsed<ListAliasesResult> KmsResponseJson::list_aliases(std::string_view body) {
    ListAliasesResult result;
    if (auto problem = parser_->read_page(body, "Aliases", result.aliases, result)) {
        return std::move(*problem);
    }
    for (const AliasListEntry& entry : result.aliases) {
        if (entry.alias_name.empty()) {
            return ParseProblem{"an alias in the list has no AliasName"};
        }
    }
    return result;
}

Parsed<ListResourceTagsResult> KmsResponseJson::list_resource_tags(std::string_view body) {
    ListResourceTagsResult result;
    if (auto problem = parser_->read_page(body, "Tags", result.tags, result)) {
        return std::move(*problem);
    }
    for (const Tag& tag : result.tags) {
        if (tag.key.empty()) {
            return ParseProblem{"a tag in the list has no TagKey"};
        }
    }
    return result;
}

Parsed<GetKeyPolicyResult> KmsResponseJson::get_key_policy(std::string_view body) {
    GetKeyPolicyResult result;
    auto problem = parser_->read_document(body, [&](std::string_view name, json::value& member) {
        if (name == "Policy") {
            return read(member, result.policy);
        }
        return name == "PolicyName" ? read(member, result.policy_name) : SUCCESS;
    });
    if (problem) {
        return std::move(*problem);
    }
    return result.policy.empty() ? Parsed<GetKeyPolicyResult>(ParseProblem{"Policy is missing"})
                                 : std::move(result);
}

Parsed<EmptyResult> KmsResponseJson::empty(std::string_view body) {
    if (body.empty()) {
        return EmptyResult();
    }
    auto problem = parser_->read_document(
        body, [](std::string_view /*name*/, json::value& /*member*/) { return SUCCESS; });
    return problem ? Parsed<EmptyResult>(std::move(*problem)) : EmptyResult();
}

KmsErrorDocument KmsResponseJson::error(std::string_view body) {
    std::string type;
    std::string code;
    std::string message;
    std::string capital_message;
    // The members are read in the SDKs' order. Members that are not strings are ignored.
    const auto note = [](json::value& member, std::string& into) {
        json::json_type kind = json::json_type::null;
        const bool is_text = member.type().get(kind) == SUCCESS && kind == json::json_type::string;
        return is_text ? read(member, into) : SUCCESS;
    };
    const auto problem =
        parser_->read_document(body, [&](std::string_view name, json::value& member) {
            if (name == "__type") {
                return note(member, type);
            }
            if (name == "code" || name == "Code") {
                return code.empty() ? note(member, code) : SUCCESS;
            }
            if (name == "message") {
                return note(member, message);
            }
            return name == "Message" ? note(member, capital_message) : SUCCESS;
        });
    KmsErrorDocument document;
    if (!problem) {
        document.code = type.empty() ? std::move(code) : std::move(type);
        document.message = message.empty() ? std::move(capital_message) : std::move(message);
    }
    return document;
}

}  // namespace keyferry::io
