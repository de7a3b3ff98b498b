// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/kms_model.hpp"

#include "tools/simulator/model/key_state_rules.hpp"
#include "tools/simulator/policy/key_policy.hpp"
#include "tools/simulator/requests/list_page.hpp"
#include "tools/simulator/requests/request_checks.hpp"

#include <fmt/format.h>

#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::int32_t kListKeysLimitDefault = 100;

}  // namespace

KmsModel::KmsModel(const KmsModelSettings& settings)
    : settings_(settings),
      key_ids_(settings.random_seed(), "key ids"),
      grant_ids_(settings.random_seed(), "grant ids"),
      creating_times_(settings.random_seed(), "creating times"),
      stale_times_(settings.random_seed(), "stale times"),
      materials_(settings.seed),
      import_tokens_(settings.random_seed()) {}

std::optional<KmsRefusal> KmsModel::check_key_quota(std::uint32_t account,
                                                    std::uint32_t region) const {
    const std::uint64_t in_use = table_.keys_in(account, region).size();
    if (in_use >= settings_.keys_per_region_max) {
        return refusal_key_quota(settings_.keys_per_region_max, in_use);
    }
    return std::nullopt;
}

std::optional<KmsRefusal> KmsModel::check_replica(const io::AccountRegion& place,
                                                  const io::ReplicateKeyRequest& request,
                                                  const Found& primary,
                                                  const SimulatedTime& time) {
    const io::Moment now = time.now;
    const std::string arn = arn_of(*primary.set, primary.key->region);
    if (!primary.set->id.multi_region || primary.key->region != primary.set->primary_region) {
        return refusal_not_a_primary(arn);
    }
    if (auto refusal = check_key_state(io::KmsApi::replicate_key, primary.key->state(now), arn)) {
        return refusal;
    }
    const io::Region replica_region = io::Region::parse(request.replica_region).value();
    if (replica_region == place.region || !has_region(replica_region) ||
        replica_region.partition() != place.region.partition()) {
        return KmsRefusal(
            io::KmsErrorCode::unsupported_operation,
            fmt::format("{} cannot be replicated to Region {}.", arn, replica_region.name()));
    }
    if (auto refusal = check_tags(request.tags)) {
        return refusal;
    }
    if (request.policy) {
        const io::AccountRegion there(place.account, replica_region);
        const NewPolicy policy{*request.policy,
                               request.bypass_policy_lockout_safety_check.value_or(false),
                               arn_in(there, fmt::format("key/{}", primary.set->id.text())),
                               primary.set,
                               false,
                               request.tags};
        if (auto refusal = check_new_policy(policy, there, time)) {
            return refusal;
        }
    }
    const auto region = table_.names().find(replica_region.name());
    if (region && primary.set->in(*region) != nullptr) {
        return refusal_replica_exists();
    }
    if (now - settings_.hot_key_spacing < primary.key->changed_at) {
        return refusal_throttled();
    }
    return region ? check_key_quota(primary.set->account, *region) : std::nullopt;
}

template <typename Request>
RegionalKey KmsModel::new_key(const Request& request, KeyOrigin origin, io::WallTime created) {
    RegionalKey key;
    key.created_ms = created.time_since_epoch().count();
    key.description = table_.texts().number(request.description.value_or(""));
    key.policy = request.policy ? table_.texts().number(*request.policy) : 0;
    key.tags = table_.texts().number(packed_tags(request.tags));
    key.settled_state =
        origin == KeyOrigin::external ? io::KeyState::pending_import : io::KeyState::enabled;
    return key;
}

Handled<io::ReplicateKeyResult> KmsModel::respond(const io::AccountRegion& place,
                                                  const io::ReplicateKeyRequest& request,
                                                  const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "ReplicateKey", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& primary = std::get<Found>(found);
    if (auto refusal = check_replica(place, request, primary, time)) {
        return {*std::move(refusal), {}};
    }
    KeySet& set = *primary.set;
    RegionalKey replica = new_key(request, set.origin, time.wall);
    replica.region = table_.names().number(request.replica_region);
    replica.pass_through(io::KeyState::creating, creating_times_.within(settings_.creating), time);
    primary.key->changed_at = time.now;
    const RegionalKey& added = table_.add_key(set, replica);
    update_pending_material(set);
    note_change(set);
    record_stale(set, added.region, nullptr, time.now);

    io::ReplicateKeyResult result;
    result.replica_key_metadata = metadata(set, added, time.now);
    result.replica_policy =
        request.policy ? *request.policy
                       : default_key_policy(place.account.digits(), place.region.partition().name);
    result.replica_tags = request.tags;
    return {std::move(result), Effect{EffectKind::replica_created, set.id, request.replica_region}};
}

Handled<io::DescribeKeyResult> KmsModel::respond(const io::AccountRegion& place,
                                                 const io::DescribeKeyRequest& request,
                                                 const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = find_key(place, "DescribeKey", request.key_id);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    set_missing_deletion_date(key, time);
    io::DescribeKeyResult result;
    result.key_metadata = metadata(*key.set, *key.key, time.now);
    return {std::move(result), {}};
}

std::variant<KeySet, KmsRefusal> KmsModel::new_key_set(const io::AccountRegion& place,
                                                       const io::CreateKeyRequest& request) {
    const bool external = request.origin == "EXTERNAL";
    if (request.origin && request.origin != "AWS_KMS" && !external) {
        return KmsRefusal(io::KmsErrorCode::unsupported_operation,
                          "The simulator does not support custom key stores.");
    }
    KeySet set;
    set.spec = key_spec_index(request.key_spec.value_or("SYMMETRIC_DEFAULT")).value();
    const KeySpecEntry& spec = key_specs()[set.spec];
    if (!request.key_usage && set.spec != 0) {
        return KmsRefusal(io::KmsErrorCode::validation,
                          "You must specify a KeyUsage value for all KMS keys except for symmetric "
                          "encryption keys.");
    }
    set.usage =
        request.key_usage ? key_usage_named(*request.key_usage).value() : KeyUsage::encrypt_decrypt;
    if (spec.use(set.usage) == nullptr) {
        return KmsRefusal(
            io::KmsErrorCode::validation,
            fmt::format(
                "KeyUsage {} is not compatible with KeySpec {}", name_of(set.usage), spec.name));
    }
    set.origin = external ? KeyOrigin::external : KeyOrigin::aws_kms;
    set.account = table_.names().number(place.account.digits());
    set.primary_region = table_.names().number(place.region.name());
    set.id.multi_region = request.multi_region.value_or(false);
    do {  // a key from the state file or the fleet may already have this ID
        set.id.high = key_ids_.next();
        set.id.low = key_ids_.next();
    } while (table_.find(set.account, set.id) != nullptr);
    return set;
}

Handled<io::CreateKeyResult> KmsModel::respond(const io::AccountRegion& place,
                                               const io::CreateKeyRequest& request,
                                               const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    if (auto refusal = check_tags(request.tags)) {
        return {*std::move(refusal), {}};
    }
    auto new_set = new_key_set(place, request);
    if (auto* refusal = std::get_if<KmsRefusal>(&new_set)) {
        return {std::move(*refusal), {}};
    }
    KeySet& fresh = std::get<KeySet>(new_set);
    if (request.policy) {
        const NewPolicy policy{*request.policy,
                               request.bypass_policy_lockout_safety_check.value_or(false),
                               arn_in(place, fmt::format("key/{}", fresh.id.text())),
                               &fresh,
                               true,
                               request.tags};
        if (auto refusal = check_new_policy(policy, place, time)) {
            return {*std::move(refusal), {}};
        }
    }
    if (auto refusal = check_key_quota(fresh.account, fresh.primary_region)) {
        return {*std::move(refusal), {}};
    }
    RegionalKey key = new_key(request, fresh.origin, time.wall);
    key.region = fresh.primary_region;
    key.ready_at = time.now;
    KeySet& set = table_.add_set(std::move(fresh));
    const RegionalKey& added = table_.add_key(set, key);
    note_change(set);
    record_stale(set, added.region, nullptr, time.now);
    io::CreateKeyResult result;
    result.key_metadata = metadata(set, added, time.now);
    return {std::move(result), Effect{EffectKind::key_created, set.id, place.region.name()}};
}

Handled<io::ListKeysResult> KmsModel::respond(const io::AccountRegion& place,
                                              const io::ListKeysRequest& request,
                                              const SimulatedTime& /*time*/) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    const auto account = table_.names().find(place.account.digits());
    const auto region = table_.names().find(place.region.name());
    std::span<KeySet* const> keys;
    if (account && region) {
        keys = table_.keys_in(*account, *region);
    }
    const auto limit = static_cast<std::size_t>(request.limit.value_or(kListKeysLimitDefault));
    auto paged = page_of("keys-from-", keys.size(), limit, request.marker);
    if (auto* refusal = std::get_if<KmsRefusal>(&paged)) {
        return {std::move(*refusal), {}};
    }
    ListPage& page = std::get<ListPage>(paged);
    io::ListKeysResult result;
    for (const KeySet* set : keys.subspan(page.begin, page.end - page.begin)) {
        const Stale* stale = stale_view(*set, *region);
        if (stale != nullptr && !stale->before) {
            continue;
        }
        result.keys.emplace_back(set->id.text(), arn_of(*set, *region));
    }
    result.truncated = page.next_marker.has_value();
    result.next_marker = std::move(page.next_marker);
    return {std::move(result), {}};
}

}  // namespace keyferry::simulator
