// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/wire/json_members.hpp"

#include "tools/simulator/values/base64.hpp"

#include <limits>
#include <utility>

namespace keyferry::simulator {

namespace json = boost::json;

MemberReader::MemberReader(const json::value& value) : object_(value.if_object()) {
    if (object_ == nullptr) {
        wrong_ = "Expected a JSON object.";
    }
}

void MemberReader::read(std::string_view name, std::optional<std::string>& into) {
    if (const json::value* value = member(name)) {
        if (const json::string* text = value->if_string()) {
            into = std::string(std::string_view(*text));
        } else {
            wrong_type(*value, "String");
        }
    }
}

void MemberReader::read(std::string_view name, std::optional<bool>& into) {
    if (const json::value* value = member(name)) {
        if (const bool* flag = value->if_bool()) {
            into = *flag;
        } else {
            wrong_type(*value, "Boolean");
        }
    }
}

void MemberReader::read(std::string_view name, std::optional<std::int32_t>& into) {
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

void MemberReader::read(std::string_view name, std::optional<double>& into) {
    if (const json::value* value = member(name)) {
        if (value->is_number()) {
            into = value->to_number<double>();
        } else {
            wrong_type(*value, "Timestamp");
        }
    }
}

void MemberReader::read(std::string_view name,
                        std::optional<std::map<std::string, std::string>>& into) {
    read_object(name, [&](MemberReader& members) {
        into.emplace();
        for (const auto& pair : *members.object_) {
            (*into)[pair.key()] = members.read_required(pair.key(), pair.key());
        }
    });
}

void MemberReader::read_object(std::string_view name,
                               const std::function<void(MemberReader&)>& read_members) {
    const json::value* value = member(name);
    if (value == nullptr) {
        return;
    }
    if (!value->is_object()) {
        wrong_type(*value, "Structure");
        return;
    }
    MemberReader members(*value);
    read_members(members);
    if (auto refusal = members.refusal()) {
        first_in_list_ = std::move(refusal);
    }
}

std::string MemberReader::read_required_bytes(std::string_view name, std::string_view shown_as) {
    auto bytes = from_base64(read_required(name, shown_as));
    if (!bytes) {
        wrong_ = "Invalid base64 in '" + std::string(shown_as) + "'";
    }
    return std::move(bytes).value_or("");
}

io::Secret MemberReader::read_required_secret(std::string_view name, std::string_view shown_as) {
    std::string text = read_required(name, shown_as);
    const io::Secret encoded = io::Secret::take(text);
    auto bytes = from_base64(encoded.reveal());
    if (!bytes) {
        wrong_ = "Invalid base64 in '" + std::string(shown_as) + "'";
        return {};
    }
    return io::Secret::take(*bytes);
}

std::string MemberReader::read_required(std::string_view name, std::string_view shown_as) {
    std::optional<std::string> text;
    read(name, text);
    if (!text) {
        findings_.add_missing(shown_as);
    }
    return std::move(text).value_or("");
}

std::string MemberReader::read_optional_key_id(std::string_view name, std::string_view shown_as) {
    std::optional<std::string> key_id;
    read(name, key_id);
    if (key_id) {
        findings_.add_length(*key_id, shown_as, 1, kKeyIdMax);
    }
    return std::move(key_id).value_or("");
}

void MemberReader::read_tags(std::vector<io::Tag>& into) {
    const json::array* items = list("Tags");
    if (items == nullptr) {
        return;
    }
    for (const json::value& item : *items) {
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

std::vector<io::Tag> MemberReader::read_required_tags() {
    std::vector<io::Tag> tags;
    if (member("Tags") == nullptr) {
        findings_.add_missing("tags");
    }
    read_tags(tags);
    return tags;
}

std::vector<std::string> MemberReader::read_required_texts(std::string_view name,
                                                           std::string_view shown_as) {
    std::vector<std::string> texts;
    if (member(name) == nullptr) {
        findings_.add_missing(shown_as);
    }
    read_texts(name, texts);
    return texts;
}

void MemberReader::read_texts(std::string_view name, std::vector<std::string>& into) {
    const json::array* items = list(name);
    if (items == nullptr) {
        return;
    }
    for (const json::value& item : *items) {
        const json::string* text = item.if_string();
        if (text == nullptr) {
            wrong_type(item, "String");
            return;
        }
        into.emplace_back(std::string_view(*text));
    }
}

void MemberReader::read_text_map(std::string_view name, std::map<std::string, std::string>& into) {
    const json::value* value = member(name);
    if (value == nullptr) {
        return;
    }
    const json::object* object = value->if_object();
    if (object == nullptr) {
        wrong_type(*value, "Map");
        return;
    }
    for (const auto& [key, item] : *object) {
        const json::string* text = item.if_string();
        if (text == nullptr) {
            wrong_type(item, "String");
            return;
        }
        into.insert_or_assign(std::string(std::string_view(key)),
                              std::string(std::string_view(*text)));
    }
}

void MemberReader::check_grant_tokens() {
    constexpr std::size_t kTokensMax = 10;
    constexpr std::size_t kTokenMax = 8192;
    std::vector<std::string> tokens;
    read_texts("GrantTokens", tokens);
    if (tokens.size() > kTokensMax) {
        findings_.add(std::to_string(tokens.size()) + " tokens",
                      "grantTokens",
                      "Member must have length less than or equal to 10");
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        findings_.add_length(
            tokens[i], "grantTokens." + std::to_string(i + 1) + ".member", 1, kTokenMax);
    }
}

void MemberReader::refuse(std::string_view name, std::string_view message) {
    if (has(name)) {
        unsupported_.emplace(io::KmsErrorCode::unsupported_operation, std::string(message));
    }
}

std::optional<KmsRefusal> MemberReader::refusal() const {
    if (!wrong_.empty()) {
        return refusal_serialization(wrong_);
    }
    if (first_in_list_) {
        return first_in_list_;
    }
    auto refusal = findings_.refusal();
    return refusal ? refusal : unsupported_;
}

const json::value* MemberReader::member(std::string_view name) const {
    const json::value* value = object_ ? object_->if_contains(name) : nullptr;
    return value != nullptr && !value->is_null() ? value : nullptr;
}

const json::array* MemberReader::list(std::string_view name) {
    const json::value* value = member(name);
    if (value != nullptr && !value->is_array()) {
        wrong_type(*value, "List");
    }
    return value != nullptr ? value->if_array() : nullptr;
}

void MemberReader::wrong_type(const json::value& value, std::string_view wanted) {
    std::string_view has = "NUMBER_VALUE";
    if (value.is_object() || value.is_array()) {
        wrong_ = "Start of structure or map found where not expected.";
        return;
    }
    if (value.is_null()) {
        has = "NULL_VALUE";
    } else if (value.is_bool()) {
        has = value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
    } else if (value.is_string()) {
        has = "STRING_VALUE";
    }
    wrong_ = std::string(has) + " can not be converted to a " + std::string(wanted);
}

}  // namespace keyferry::simulator
