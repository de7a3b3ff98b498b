// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/grant_record.hpp"

#include "tools/simulator/model/record_members.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

void append_pairs(std::string_view name,
                  const std::optional<EncryptionContext>& pairs,
                  ObjectText& object) {
    if (!pairs) {
        return;
    }
    std::string& text = object.member(name);
    char before = '{';
    for (const auto& [key, value] : *pairs) {
        text.push_back(before);
        io::append_json_string(key, text);
        text.push_back(':');
        io::append_json_string(value, text);
        before = ',';
    }
    text.append(before == '{' ? "{}" : "}");
}

std::optional<EncryptionContext> pairs_in(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    EncryptionContext pairs;
    for (const auto& pair : value->as_object()) {
        pairs.emplace(pair.key(), std::string_view(pair.value().as_string()));
    }
    return pairs;
}

}  // namespace

void append_grant(const Grant& grant, ObjectText& object) {
    object.text("id", std::string_view(grant.id));
    object.whole("created_ms", grant.created_ms);
    object.text("issuing_account", std::string_view(grant.issuing_account));
    object.text("name", std::string_view(grant.name));
    object.text("grantee", grant.grantee);
    object.text("grantee_service", grant.grantee_service);
    object.text("retiring", grant.retiring);
    object.text("retiring_service", grant.retiring_service);
    object.list("operations", grant.operations, io::append_json_string);
    append_pairs("subset", grant.constraints.subset, object);
    append_pairs("equals", grant.constraints.equals, object);
    object.text("source_arn", grant.constraints.source_arn);
}

Grant grant_in(const json::object& object) {
    Grant grant;
    grant.id = text_in(object, "id");
    grant.created_ms = object.at("created_ms").as_int64();
    grant.issuing_account = text_in(object, "issuing_account");
    grant.name = text_in(object, "name");
    grant.grantee = optional_text_in(object, "grantee");
    grant.grantee_service = optional_text_in(object, "grantee_service");
    grant.retiring = optional_text_in(object, "retiring");
    grant.retiring_service = optional_text_in(object, "retiring_service");
    for (const json::value& item : object.at("operations").as_array()) {
        grant.operations.emplace_back(std::string_view(item.as_string()));
    }
    grant.constraints.subset = pairs_in(object, "subset");
    grant.constraints.equals = pairs_in(object, "equals");
    grant.constraints.source_arn = optional_text_in(object, "source_arn");
    return grant;
}

}  // namespace keyferry::simulator
