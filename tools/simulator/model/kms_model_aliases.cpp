// SPDX-License-Identifier: Apache-2.0
// KmsModel: aliases.
#include "tools/simulator/model/key_state_rules.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/key_specs.hpp"
#include "tools/simulator/requests/list_page.hpp"
#include "tools/simulator/requests/request_checks.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/format.h>

#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::int32_t kListAliasesLimitDefault = 50;
constexpr std::size_t kAliasesPerKeyMax = 50;
std::string alias_arn(const io::AccountRegion& place, std::string_view name) {
    return fmt::format("arn:{}:kms:{}:{}:{}",
                       place.region.partition().name,
                       place.region.name(),
                       place.account.digits(),
                       name);
}

io::AliasListEntry alias_entry(const Alias& alias, const io::AccountRegion& place) {
    io::AliasListEntry entry;
    entry.alias_name = alias.name;
    entry.alias_arn = alias_arn(place, alias.name);
    if (alias.target) {
        entry.target_key_id = alias.target->text();
    }
    entry.creation_date_s = unix_s(alias.created_ms);
    entry.last_updated_date_s = unix_s(alias.updated_ms);
    return entry;
}

KmsRefusal no_such_alias(const io::AccountRegion& place, std::string_view name) {
    return {io::KmsErrorCode::not_found,
            fmt::format("Alias {} is not found.", alias_arn(place, name))};
}

/// The key type as defined by KMS. An alias can only be moved to a key of the same type.
enum class KeyType { symmetric, asymmetric, hmac };

KeyType type_of(const KeySet& set) {
    const std::string_view spec = key_specs()[set.spec].name;
    if (spec == "SYMMETRIC_DEFAULT") {
        return KeyType::symmetric;
    }
    return spec.substr(0, 5) == "HMAC_" ? KeyType::hmac : KeyType::asymmetric;
}

}  // namespace

const AliasTable* KmsModel::aliases_in(const io::AccountRegion& place) const {
    const auto known = aliases_.find(place);
    return known == aliases_.end() ? nullptr : &known->second;
}

Handled<io::ListAliasesResult> KmsModel::respond(const io::AccountRegion& place,
                                                 const io::ListAliasesRequest& request,
                                                 const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    static const AliasTable kNone;
    const AliasTable* known = aliases_in(place);
    const AliasTable& aliases = known != nullptr ? *known : kNone;
    std::optional<std::span<const std::size_t>> of_key;
    if (request.key_id) {
        auto found = find_key(place, "ListAliases", *request.key_id);
        if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
            return {std::move(*refusal), {}};
        }
        of_key = aliases.of(std::get<Found>(found).set->id);
    }
    const auto limit = static_cast<std::size_t>(request.limit.value_or(kListAliasesLimitDefault));
    const std::size_t entries = of_key ? of_key->size() : aliases.all().size();
    auto paged = page_of("aliases-from-", entries, limit, request.marker);
    if (auto* refusal = std::get_if<KmsRefusal>(&paged)) {
        return {std::move(*refusal), {}};
    }
    ListPage& page = std::get<ListPage>(paged);
    io::ListAliasesResult result;
    for (std::size_t i = page.begin; i < page.end; ++i) {
        const Alias& alias = aliases.all()[of_key ? (*of_key)[i] : i];
        if (is_visible(alias)) {
            result.aliases.push_back(alias_entry(alias, place));
        }
    }
    result.truncated = page.next_marker.has_value();
    result.next_marker = std::move(page.next_marker);
    return {std::move(result), {}};
}

std::variant<KmsModel::Found, KmsRefusal> KmsModel::alias_target(const io::AccountRegion& place,
                                                                 io::KmsApi api,
                                                                 std::string_view key_id,
                                                                 io::Moment now) {
    if (key_id.substr(0, kAliasPrefix.size()) == kAliasPrefix) {
        return KmsRefusal(io::KmsErrorCode::validation, "Aliases must refer to keys. Not aliases");
    }
    auto found = find_key(place, name_of(api), key_id);
    if (const Found* key = std::get_if<Found>(&found)) {
        const std::string arn = arn_of(*key->set, key->key->region);
        if (auto refusal = check_key_state(api, key->key->state(now), arn)) {
            return *std::move(refusal);
        }
    }
    return found;
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const io::CreateAliasRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = alias_target(place, io::KmsApi::create_alias, request.target_key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    AliasTable& aliases = aliases_[place];
    if (aliases.find(request.alias_name) != nullptr) {
        return {KmsRefusal(io::KmsErrorCode::already_exists,
                           fmt::format("An alias with the name {} already exists",
                                       alias_arn(place, request.alias_name))),
                {}};
    }
    const PackedKeyId& target = std::get<Found>(found).set->id;
    if (aliases.of(target).size() >= kAliasesPerKeyMax) {
        return {refusal_alias_quota(kAliasesPerKeyMax), {}};
    }
    Alias alias;
    alias.name = request.alias_name;
    alias.target = target;
    alias.created_ms = time.wall.time_since_epoch().count();
    alias.updated_ms = alias.created_ms;
    if (settings_.stale.max.count() > 0) {
        alias.visible_from = time.now + stale_times_.within(settings_.stale);
    }
    aliases.add(std::move(alias));
    note_change(place, request.alias_name);
    return {io::EmptyResult(), Effect{EffectKind::alias_created, target, place.region.name()}};
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const io::UpdateAliasRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = alias_target(place, io::KmsApi::update_alias, request.target_key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const KeySet& target = *std::get<Found>(found).set;
    AliasTable& aliases = aliases_[place];
    const Alias* alias = aliases.find(request.alias_name);
    if (alias == nullptr || !alias->target) {
        return {no_such_alias(place, request.alias_name), {}};
    }
    const KeySet* now_named = table_.find(target.account, *alias->target);
    if (now_named != nullptr &&
        (type_of(*now_named) != type_of(target) || now_named->usage != target.usage)) {
        return {refusal_alias_of_other_type(), {}};
    }
    const bool is_its_own = alias->target == target.id;
    if (!is_its_own && aliases.of(target.id).size() >= kAliasesPerKeyMax) {
        return {refusal_alias_quota(kAliasesPerKeyMax), {}};
    }
    aliases.retarget(request.alias_name, target.id, time.wall.time_since_epoch().count());
    note_change(place, request.alias_name);
    return {io::EmptyResult(), Effect{EffectKind::alias_changed, target.id, place.region.name()}};
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const io::DeleteAliasRequest& request,
                                           const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    AliasTable& aliases = aliases_[place];
    const Alias* alias = aliases.find(request.alias_name);
    if (alias == nullptr || !alias->target) {
        return {no_such_alias(place, request.alias_name), {}};
    }
    const PackedKeyId named = *alias->target;
    aliases.remove(request.alias_name);
    note_change(place, request.alias_name);
    return {io::EmptyResult(), Effect{EffectKind::alias_deleted, named, place.region.name()}};
}

}  // namespace keyferry::simulator
