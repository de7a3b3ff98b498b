// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/key_state_rules.hpp"

#include <fmt/format.h>

namespace keyferry::simulator {

namespace {

/// The distinct rows of the table.
enum class StateRule {
    any,                  ///< every state: reads, and operations allowed even in PendingDeletion
    not_deleted,          ///< every state except PendingDeletion and PendingReplicaDeletion
    settled,              ///< no pending deletion, pending import or transition
    schedulable,          ///< no pending deletion, not Updating
    deleted,              ///< only PendingDeletion and PendingReplicaDeletion
    importable,           ///< no pending deletion, no transition
    importable_updating,  ///< as importable, but Updating is allowed
    not_in_transition,    ///< neither Creating nor Updating
    usable,               ///< Enabled only
    usable_updating       ///< Enabled or Updating
};

StateRule rule_of(io::KmsApi api) {
    switch (api) {
        case io::KmsApi::replicate_key:
        case io::KmsApi::rotate_key_on_demand:
            return StateRule::usable;
        case io::KmsApi::update_primary_region:
        case io::KmsApi::enable_key_rotation:
        case io::KmsApi::disable_key_rotation:
        case io::KmsApi::create_grant:
        case io::KmsApi::decrypt:
        case io::KmsApi::derive_shared_secret:
        case io::KmsApi::encrypt:
        case io::KmsApi::generate_data_key:
        case io::KmsApi::generate_data_key_pair:
        case io::KmsApi::generate_data_key_pair_without_plaintext:
        case io::KmsApi::generate_data_key_without_plaintext:
        case io::KmsApi::generate_mac:
        case io::KmsApi::get_public_key:
        case io::KmsApi::re_encrypt:
        case io::KmsApi::sign:
        case io::KmsApi::verify:
        case io::KmsApi::verify_mac:
            return StateRule::usable_updating;
        case io::KmsApi::tag_resource:
        case io::KmsApi::untag_resource:
        case io::KmsApi::update_key_description:
        case io::KmsApi::create_alias:
        case io::KmsApi::update_alias:
            return StateRule::not_deleted;
        case io::KmsApi::enable_key:
        case io::KmsApi::disable_key:
            return StateRule::settled;
        case io::KmsApi::schedule_key_deletion:
            return StateRule::schedulable;
        case io::KmsApi::cancel_key_deletion:
            return StateRule::deleted;
        case io::KmsApi::get_parameters_for_import:
            return StateRule::importable;
        case io::KmsApi::import_key_material:
            return StateRule::importable_updating;
        case io::KmsApi::delete_imported_key_material:
            return StateRule::not_in_transition;
        default:
            return StateRule::any;
    }
}

bool is_pending_deletion(io::KeyState state) {
    return state == io::KeyState::pending_deletion ||
           state == io::KeyState::pending_replica_deletion;
}

bool is_in_transition(io::KeyState state) {
    return state == io::KeyState::creating || state == io::KeyState::updating;
}

bool allows(StateRule rule, io::KeyState state) {
    switch (rule) {
        case StateRule::any:
            return true;
        case StateRule::not_deleted:
            return !is_pending_deletion(state);
        case StateRule::settled:
            return state == io::KeyState::enabled || state == io::KeyState::disabled ||
                   state == io::KeyState::unavailable;
        case StateRule::schedulable:
            return !is_pending_deletion(state) && state != io::KeyState::updating;
        case StateRule::deleted:
            return is_pending_deletion(state);
        case StateRule::importable:
            return !is_pending_deletion(state) && !is_in_transition(state);
        case StateRule::importable_updating:
            return !is_pending_deletion(state) && state != io::KeyState::creating;
        case StateRule::not_in_transition:
            return !is_in_transition(state);
        case StateRule::usable:
            return state == io::KeyState::enabled;
        case StateRule::usable_updating:
            return state == io::KeyState::enabled || state == io::KeyState::updating;
    }
    return false;
}

std::string_view condition_of(io::KeyState state) {
    switch (state) {
        case io::KeyState::creating:
            return "creating";
        case io::KeyState::enabled:
            return "enabled";
        case io::KeyState::disabled:
            return "disabled";
        case io::KeyState::pending_deletion:
            return "pending deletion";
        case io::KeyState::pending_import:
            return "pending import";
        case io::KeyState::pending_replica_deletion:
            return "pending replica deletion";
        case io::KeyState::updating:
            return "updating";
        case io::KeyState::unavailable:
        case io::KeyState::other:
            break;
    }
    return "unavailable";
}

}  // namespace

std::optional<KmsRefusal> check_key_state(io::KmsApi api,
                                          io::KeyState state,
                                          std::string_view arn) {
    const StateRule rule = rule_of(api);
    if (allows(rule, state)) {
        return std::nullopt;
    }
    if (rule == StateRule::deleted) {
        return KmsRefusal(io::KmsErrorCode::kms_invalid_state,
                          fmt::format("{} is not pending deletion.", arn));
    }
    const io::KmsErrorCode code = state == io::KeyState::disabled
                                      ? io::KmsErrorCode::disabled
                                      : io::KmsErrorCode::kms_invalid_state;
    return KmsRefusal(code, fmt::format("{} is {}.", arn, condition_of(state)));
}

}  // namespace keyferry::simulator
