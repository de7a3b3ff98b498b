// SPDX-License-Identifier: Apache-2.0
// KmsModel: key states and their transitions over time.
#include "tools/simulator/model/key_state_rules.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/request_checks.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::int32_t kWaitingDaysDefault = 30;

}  // namespace

void KmsModel::advance_to(const SimulatedTime& time) {
    const std::int64_t now_ms = unix_ms(time.wall);
    now_ = time.now;
    while (!scheduled_events_.empty() && scheduled_events_.begin()->first <= now_ms) {
        const auto [at_ms, event] = *scheduled_events_.begin();
        scheduled_events_.erase(scheduled_events_.begin());
        now_ms_ = at_ms;
        advance_to(event, at_ms);
    }
    now_ms_ = now_ms;
}

void KmsModel::advance_to(const ScheduledEvent& event, std::int64_t now_ms) {
    KeySet* set = table_.find(event.account, event.id);
    if (set == nullptr) {
        return;
    }
    note_change(*set);
    rotate_if_due(*set, now_ms);
    RegionalKey* key = set->in(event.region);
    if (key == nullptr) {
        return;
    }
    expire_materials(*set, *key, now_ms);
    if (key->settled_state == io::KeyState::pending_deletion && key->deletion_s != 0 &&
        std::int64_t{key->deletion_s} * kMillisecondsPerSecond <= now_ms) {
        delete_key(*set, event.region);
    }
}

void KmsModel::schedule_event(const KeySet& set, std::uint32_t region, std::int64_t at_ms) {
    scheduled_events_.emplace(at_ms, ScheduledEvent{set.account, set.id, region});
}

void KmsModel::delete_key(KeySet& set, std::uint32_t region) {
    const io::AccountRegion place(io::AccountId::parse(table_.names().text(set.account)).value(),
                                  io::Region::parse(table_.names().text(region)).value());
    const auto aliases = aliases_.find(place);
    if (aliases != aliases_.end()) {
        for (const std::size_t position : aliases->second.of(set.id)) {
            note_change(place, aliases->second.all()[position].name);
        }
        aliases->second.remove_of(set.id);
    }
    grants_.remove_all(location_of(set, region));
    table_.remove_key(set, region);
    forget_uses(set, region);
    update_pending_material(set);
    if (set.keys.size() != 1) {
        return;
    }
    RegionalKey& last = set.keys.front();
    if (last.settled_state == io::KeyState::pending_replica_deletion) {
        start_waiting_period(set, last, now_ms_);
    }
}

void KmsModel::start_waiting_period(KeySet& set, RegionalKey& key, std::int64_t now_ms) {
    const std::int64_t deletion_s =
        (now_ms + key.deletion_days * kMillisecondsPerDay) / kMillisecondsPerSecond;
    key.settled_state = io::KeyState::pending_deletion;
    key.deletion_s = static_cast<std::uint32_t>(deletion_s);
    schedule_event(set, key.region, deletion_s * kMillisecondsPerSecond);
}

void KmsModel::set_missing_deletion_date(const Found& key, const SimulatedTime& time) {
    if (key.key->settled_state != io::KeyState::pending_deletion || key.key->deletion_s != 0) {
        return;
    }
    if (key.key->deletion_days == 0) {
        key.key->deletion_days = kWaitingDaysDefault;
    }
    start_waiting_period(*key.set, *key.key, unix_ms(time.wall));
    note_change(*key.set);
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const io::EnableKeyRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::enable_key, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    key.key->settled_state = io::KeyState::enabled;
    rotate_if_due(*key.set, unix_ms(time.wall));
    return changed(key, EffectKind::key_enabled, place, time.now);
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const io::DisableKeyRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::disable_key, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    key.key->settled_state = io::KeyState::disabled;
    return changed(key, EffectKind::key_disabled, place, time.now);
}

Handled<ScheduleKeyDeletionResult> KmsModel::respond(const io::AccountRegion& place,
                                                     const ScheduleKeyDeletionRequest& request,
                                                     const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::schedule_key_deletion, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& found_key = std::get<Found>(found);
    KeySet& set = *found_key.set;
    RegionalKey& key = *found_key.key;
    key.ready_at = io::Moment::min();
    key.deletion_days =
        static_cast<std::uint16_t>(request.pending_window_days.value_or(kWaitingDaysDefault));
    ScheduleKeyDeletionResult result;
    result.key_id = arn_of(set, key.region);
    result.pending_window_days = key.deletion_days;
    if (key.region == set.primary_region && set.keys.size() > 1) {
        // KMS keeps a primary until its last replica is deleted; only then does its own waiting
        // period start.
        key.settled_state = io::KeyState::pending_replica_deletion;
    } else {
        start_waiting_period(set, key, unix_ms(time.wall));
        result.deletion_date_s = key.deletion_s;
    }
    result.key_state = key.settled_state;
    return {std::move(result),
            changed(found_key, EffectKind::deletion_scheduled, place, time.now).effect};
}

Handled<KeyIdResult> KmsModel::respond(const io::AccountRegion& place,
                                       const CancelKeyDeletionRequest& request,
                                       const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::cancel_key_deletion, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& key = std::get<Found>(found);
    key.key->deletion_s = 0;
    key.key->deletion_days = 0;
    key.key->settled_state = state_by_materials(*key.set, *key.key, io::KeyState::disabled);
    KeyIdResult result;
    result.key_id = arn_of(*key.set, key.key->region);
    return {std::move(result),
            changed(key, EffectKind::deletion_cancelled, place, time.now).effect};
}

Handled<io::EmptyResult> KmsModel::respond(const io::AccountRegion& place,
                                           const UpdatePrimaryRegionRequest& request,
                                           const SimulatedTime& time) {
    if (auto refusal = check_members(request)) {
        return {*std::move(refusal), {}};
    }
    auto found = key_to_change(place, io::KmsApi::update_primary_region, request.key_id, time.now);
    if (auto* refusal = std::get_if<KmsRefusal>(&found)) {
        return {std::move(*refusal), {}};
    }
    const Found& old_primary = std::get<Found>(found);
    KeySet& set = *old_primary.set;
    const std::string arn = arn_of(set, old_primary.key->region);
    if (!set.id.multi_region || old_primary.key->region != set.primary_region) {
        return {refusal_not_a_primary(arn), {}};
    }
    const auto region = table_.names().find(request.primary_region);
    RegionalKey* successor = region ? set.in(*region) : nullptr;
    if (successor == nullptr) {
        const io::AccountRegion there(place.account,
                                      io::Region::parse(request.primary_region).value());
        return {refusal_no_such_key(arn_in(there, "key/" + set.id.text())), {}};
    }
    if (successor == old_primary.key) {  // KMS's response is unknown
        return {KmsRefusal(io::KmsErrorCode::unsupported_operation,
                           fmt::format("{} is already the primary key.", arn)),
                {}};
    }
    const std::string successor_arn = arn_of(set, successor->region);
    if (auto refusal = check_key_state(
            io::KmsApi::update_primary_region, successor->state(time.now), successor_arn)) {
        return {*std::move(refusal), {}};
    }
    record_stale(set, successor->region, successor, time.now);
    const auto duration = creating_times_.within(settings_.updating);
    for (RegionalKey* key : {old_primary.key, successor}) {
        key->pass_through(io::KeyState::updating, duration, time);
        key->changed_at = time.now;
    }
    set.primary_region = successor->region;
    return {io::EmptyResult(), Effect{EffectKind::primary_moved, set.id, request.primary_region}};
}

}  // namespace keyferry::simulator
