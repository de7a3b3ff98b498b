// SPDX-License-Identifier: Apache-2.0
#include "planner/review/replica_change.hpp"

#include "io/checksum/sha256.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/key_metadata.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace keyferry::planner {

namespace {

namespace json = boost::json;

/// The first line of what changes_sha256() hashes.
constexpr std::string_view kHashedForm = "keyferry-changes-1\n";

json::value text_or_null(const std::optional<std::string>& text) {
    return text ? json::value(*text) : json::value();
}

std::string_view text_of(const SharedText& text) {
    return text ? std::string_view(*text) : std::string_view();
}

void append_tags(const std::vector<TagChange>& tags, json::array& array) {
    for (const TagChange& tag : tags) {
        json::object change;
        change["key"] = tag.key;
        change["from"] = text_or_null(tag.from);
        change["to"] = text_or_null(tag.to);
        array.push_back(std::move(change));
    }
}

json::object from_to(const ReplicaChange& change) {
    json::object object;
    object["from"] = text_of(change.from);
    object["to"] = text_of(change.to);
    return object;
}

/// A string or null, as written by text_or_null. Returns false for any other value.
bool take_text(const json::object& object,
               std::string_view name,
               std::optional<std::string>& text) {
    const json::value* const value = object.if_contains(name);
    if (value == nullptr || !(value->is_string() || value->is_null())) {
        return false;
    }
    if (const json::string* string = value->if_string()) {
        text = std::string(*string);
    }
    return true;
}

bool take_texts(const json::object& object, ReplicaChange& change, SharedTexts& texts) {
    std::optional<std::string> from;
    std::optional<std::string> to;
    if (!take_text(object, "from", from) || !take_text(object, "to", to) || !from || !to) {
        return false;
    }
    change.from = texts.share(*std::move(from));
    change.to = texts.share(*std::move(to));
    if (const json::value* bypass = object.if_contains("bypass")) {
        if (!bypass->is_bool()) {
            return false;
        }
        change.bypass_policy_lockout_safety_check = bypass->get_bool();
    }
    return true;
}

bool take_tags(const json::object& object, ReplicaChange& change) {
    const json::value* const tags = object.if_contains("tags");
    if (tags == nullptr || !tags->is_array()) {
        return false;
    }
    for (const json::value& entry : tags->get_array()) {
        const json::object* const tag = entry.if_object();
        std::optional<std::string> key;
        std::optional<std::string> from;
        std::optional<std::string> to;
        if (tag == nullptr || !take_text(*tag, "key", key) || !key ||
            !take_text(*tag, "from", from) || !take_text(*tag, "to", to) ||
            to.has_value() != (change.action == io::KmsApi::tag_resource)) {
            return false;
        }
        change.tags.emplace_back(*std::move(key), std::move(from), std::move(to));
    }
    return !change.tags.empty();
}

/// The KeyState after EnableKey or DisableKey.
std::string_view state_set_by(io::KmsApi action) {
    return name_of(action == io::KmsApi::enable_key ? io::KeyState::enabled
                                                    : io::KeyState::disabled);
}

std::string tag_value_text(const std::optional<std::string>& value) {
    return value ? io::in_quotes(*value) : "none";
}

}  // namespace

std::optional<SyncStep> part_changed_by(io::KmsApi action) noexcept {
    switch (action) {
        case io::KmsApi::update_key_description:
            return sync_description;
        case io::KmsApi::put_key_policy:
            return sync_policy;
        case io::KmsApi::tag_resource:
        case io::KmsApi::untag_resource:
            return sync_tags;
        case io::KmsApi::create_alias:
        case io::KmsApi::delete_alias:
            return sync_aliases;
        case io::KmsApi::enable_key:
        case io::KmsApi::disable_key:
            return sync_enabled;
        default:
            return std::nullopt;
    }
}

std::vector<std::span<const ReplicaChange>> by_replica(const std::vector<ReplicaChange>& changes) {
    std::vector<std::span<const ReplicaChange>> replicas;
    for (std::size_t begin = 0; begin < changes.size();) {
        std::size_t end = begin + 1;
        while (end < changes.size() && changes[end].replica == changes[begin].replica) {
            ++end;
        }
        replicas.emplace_back(changes.data() + begin, end - begin);
        begin = end;
    }
    return replicas;
}

std::string value_json(const ReplicaChange& change) {
    json::object object;
    if (!change.alias.empty()) {
        object["alias"] = change.alias;
    } else if (!change.tags.empty()) {
        append_tags(change.tags, object["tags"].emplace_array());
    } else {
        object = from_to(change);
        if (change.bypass_policy_lockout_safety_check) {
            object["bypass"] = *change.bypass_policy_lockout_safety_check;
        }
    }
    return json::serialize(object);
}

std::optional<ReplicaChange> parse_change(const io::KeyArn& replica,
                                          io::KmsApi action,
                                          std::string_view value,
                                          SharedTexts& texts) {
    const std::optional<SyncStep> part = part_changed_by(action);
    json::error_code error;
    const json::value parsed = json::parse(value, error);
    const json::object* const object = error ? nullptr : parsed.if_object();
    if (!part || object == nullptr) {
        return std::nullopt;
    }
    ReplicaChange change(replica, action);
    std::optional<std::string> alias;
    bool is_valid = false;
    switch (*part) {
        case sync_policy:
        case sync_description:
            is_valid = take_texts(*object, change, texts);
            break;
        case sync_tags:
            is_valid = take_tags(*object, change);
            break;
        case sync_aliases:
            is_valid = take_text(*object, "alias", alias) && alias && !alias->empty();
            change.alias = alias.value_or("");
            break;
        case sync_enabled:
            is_valid = take_texts(*object, change, texts) && *change.to == state_set_by(action);
            break;
    }
    return is_valid ? std::optional(std::move(change)) : std::nullopt;
}

std::string changes_sha256(const std::vector<ReplicaChange>& changes) {
    io::Sha256 hash;
    hash.update(kHashedForm);
    for (const ReplicaChange& change : changes) {
        hash.update(fmt::format(
            "{} {} {}\n", change.replica.text(), name_of(change.action), value_json(change)));
    }
    return io::hex(hash.finish());
}

std::string changes_text(std::span<const ReplicaChange> of_replica) {
    assert(!of_replica.empty());
    const io::KeyArn& replica = of_replica.front().replica;
    std::string text = fmt::format("{} in {}\n", replica.key_id.text(), replica.region.name());
    for (const ReplicaChange& change : of_replica) {
        if (change.action == io::KmsApi::update_key_description) {
            text += fmt::format("  description  {} -> {}\n",
                                io::in_quotes(text_of(change.from)),
                                io::in_quotes(text_of(change.to)));
        } else if (change.action == io::KmsApi::put_key_policy) {
            text += fmt::format("  policy       {} -> {} bytes\n",
                                text_of(change.from).size(),
                                text_of(change.to).size());
        } else if (part_changed_by(change.action) == sync_enabled) {
            text += fmt::format("  state        {} -> {}\n",
                                io::in_quotes(text_of(change.from)),
                                io::in_quotes(text_of(change.to)));
        } else if (!change.alias.empty()) {
            text += fmt::format("  alias        {}{}\n",
                                io::in_quotes(change.alias),
                                change.action == io::KmsApi::delete_alias ? " (delete)" : "");
        }
        for (const TagChange& tag : change.tags) {
            text += fmt::format("  tag          {}: {} -> {}\n",
                                io::in_quotes(tag.key),
                                tag_value_text(tag.from),
                                tag_value_text(tag.to));
        }
    }
    return text;
}

std::string changes_json(std::span<const ReplicaChange> of_replica) {
    assert(!of_replica.empty());
    json::object object;
    object["key"] = of_replica.front().replica.text();
    const auto array = [&](std::string_view name) -> json::array& {
        json::value& value = object[name];
        return value.is_array() ? value.get_array() : value.emplace_array();
    };
    for (const ReplicaChange& change : of_replica) {
        switch (change.action) {
            case io::KmsApi::update_key_description:
                object["description"] = from_to(change);
                break;
            case io::KmsApi::put_key_policy:
                object["policy"] = from_to(change);
                break;
            case io::KmsApi::enable_key:
            case io::KmsApi::disable_key:
                object["state"] = from_to(change);
                break;
            case io::KmsApi::create_alias:
                array("aliases").push_back(json::value(change.alias));
                break;
            case io::KmsApi::delete_alias:
                array("aliases_to_delete").push_back(json::value(change.alias));
                break;
            default:
                append_tags(change.tags, array("tags"));
                break;
        }
    }
    return json::serialize(object);
}

}  // namespace keyferry::planner
