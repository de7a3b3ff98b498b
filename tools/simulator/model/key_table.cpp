// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/key_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace keyferry::simulator {

namespace {

void pack(std::string_view text, std::string& into) {
    fmt::format_to(std::back_inserter(into), "{}:{}", text.size(), text);
}

std::string unpack(std::string_view& packed) {
    std::size_t size = 0;
    const auto [rest, error] = std::from_chars(packed.data(), packed.data() + packed.size(), size);
    assert(error == std::errc{} && *rest == ':');
    packed.remove_prefix(static_cast<std::size_t>(rest - packed.data()) + 1);
    std::string text(packed.substr(0, size));
    packed.remove_prefix(size);
    return text;
}

}  // namespace

RegionalKey* KeySet::in(std::uint32_t region) {
    for (RegionalKey& key : keys) {
        if (key.region == region) {
            return &key;
        }
    }
    return nullptr;
}

const RegionalKey* KeySet::in(std::uint32_t region) const {
    return const_cast<KeySet*>(this)->in(region);
}

KeySet* KeyTable::find(std::uint32_t account, const PackedKeyId& id) {
    const auto known = by_id_.find(Owner{id, account});
    return known == by_id_.end() ? nullptr : known->second;
}

const KeySet* KeyTable::find(std::uint32_t account, const PackedKeyId& id) const {
    const auto known = by_id_.find(Owner{id, account});
    return known == by_id_.end() ? nullptr : known->second;
}

bool KeyTable::has_had(std::uint32_t account, const PackedKeyId& id) const {
    return find(account, id) != nullptr || removed_.contains(Owner{id, account});
}

void KeyTable::forget(const KeySet& set) {
    by_id_.erase(Owner{set.id, set.account});
    removed_.insert(Owner{set.id, set.account});
}

KeySet& KeyTable::add_set(KeySet set) {
    sets_.push_back(std::move(set));
    KeySet& added = sets_.back();
    const bool is_new = by_id_.emplace(Owner{added.id, added.account}, &added).second;
    assert(is_new);
    static_cast<void>(is_new);
    return added;
}

RegionalKey& KeyTable::add_key(KeySet& set, const RegionalKey& key) {
    assert(set.in(key.region) == nullptr);
    set.keys.push_back(key);
    by_place_[place(set.account, key.region)].push_back(&set);
    ++key_count_;
    return set.keys.back();
}

void KeyTable::remove_key(KeySet& set, std::uint32_t region) {
    assert(set.in(region) != nullptr);
    std::erase_if(set.keys, [&](const RegionalKey& key) { return key.region == region; });
    std::erase(by_place_[place(set.account, region)], &set);
    --key_count_;
    if (set.keys.empty()) {
        forget(set);
    }
}

void KeyTable::replace_keys(KeySet& set, std::span<const RegionalKey> keys) {
    const std::vector<RegionalKey> before = std::exchange(set.keys, {});
    for (const RegionalKey& key : keys) {
        if (set.in(key.region) != nullptr) {
            throw std::runtime_error("a key is listed twice in one Region");
        }
        set.keys.push_back(key);
        const bool is_new = std::none_of(before.begin(), before.end(), [&](const auto& each) {
            return each.region == key.region;
        });
        if (is_new) {
            by_place_[place(set.account, key.region)].push_back(&set);
        }
    }
    for (const RegionalKey& key : before) {
        if (set.in(key.region) == nullptr) {
            std::erase(by_place_[place(set.account, key.region)], &set);
        }
    }
    key_count_ += set.keys.size();
    key_count_ -= before.size();
    if (set.keys.empty()) {
        forget(set);
    }
}

std::span<KeySet* const> KeyTable::keys_in(std::uint32_t account, std::uint32_t region) const {
    const auto known = by_place_.find(place(account, region));
    if (known == by_place_.end()) {
        return {};
    }
    return known->second;
}

std::string packed_tags(std::span<const io::Tag> tags) {
    std::string packed;
    for (const io::Tag& tag : tags) {
        pack(tag.key, packed);
        pack(tag.value, packed);
    }
    return packed;
}

std::vector<io::Tag> unpacked_tags(std::string_view packed) {
    std::vector<io::Tag> tags;
    while (!packed.empty()) {
        std::string key = unpack(packed);
        std::string value = unpack(packed);
        tags.emplace_back(std::move(key), std::move(value));
    }
    return tags;
}

}  // namespace keyferry::simulator
