#include "tools/simulator/model/key_state_rules.hpp"

#include <fmt/format.h>

namespace keyferry {

namespace {

/// The rows of the table that differ.
enum class StateRule {
    any,             ///< reading, and what may be done even to a key that is to be deleted
    not_deleted,     ///< any but to be deleted
    settled,         ///< neither to be deleted, nor waiting for material, nor on the move
    schedulable,     ///< neither to be deleted nor Updating
    deleted,         ///< only to be deleted
    importable,      ///< neither to be deleted nor on the move
    import_on_move,  ///< the same, but Updating is no hindrance
    unmoved,         ///< neither Creating nor Updating
    usable,          ///< Enabled only
    usable_updating  ///< Enabled or Updating
};

StateRule rule_of(KmsApi api) {
    switch (api) {
        case KmsApi::replicate_key:
        case KmsApi::rotate_key_on_demand:
            return StateRule::usable;
        case KmsApi::update_primary_region:
        case KmsApi::enable_key_rotation:
        case KmsApi::disable_key_rotation:
            return StateRule::usable_updating;
        case KmsApi::tag_resource:
        case KmsApi::untag_resource:
        case KmsApi::update_key_description:
        case KmsApi::create_alias:
        case KmsApi::update_alias:
            return StateRule::not_deleted;
        case KmsApi::enable_key:
        case KmsApi::disable_key:
            return StateRule::settled;
        case KmsApi::schedule_key_deletion:
            return StateRule::schedulable;
        case KmsApi::cancel_key_deletion:
            return StateRule::deleted;
        case KmsApi::get_parameters_for_import:
            return StateRule::importable;
        case KmsApi::import_key_material:
            return StateRule::import_on_move;
        case KmsApi::delete_imported_key_material:
            return StateRule::unmoved;
        default:
            return StateRule::any;
    }
}

bool is_to_be_deleted(KeyState state) {
    return state == KeyState::pending_deletion || state == KeyState::pending_replica_deletion;
}

bool is_on_the_move(KeyState state) {
    return state == KeyState::creating || state == KeyState::updating;
}

bool allows(StateRule rule, KeyState state) {
    switch (rule) {
        case StateRule::any:
            return true;
        case StateRule::not_deleted:
            return !is_to_be_deleted(state);
        case StateRule::settled:
            return state == KeyState::enabled || state == KeyState::disabled ||
                   state == KeyState::unavailable;
        case StateRule::schedulable:
            return !is_to_be_deleted(state) && state != KeyState::updating;
        case StateRule::deleted:
            return is_to_be_deleted(state);
        case StateRule::importable:
            return !is_to_be_deleted(state) && !is_on_the_move(state);
        case StateRule::import_on_move:
            return !is_to_be_deleted(state) && state != KeyState::creating;
        case StateRule::unmoved:
            return !is_on_the_move(state);
        case StateRule::usable:
            return state == KeyState::enabled;
        case StateRule::usable_updating:
            return state == KeyState::enabled || state == KeyState::updating;
    }
    return false;
}

std::string_view condition_of(KeyState state) {
    switch (state) {
        case KeyState::creating:
            return "creating";
        case KeyState::enabled:
            return "enabled";
        case KeyState::disabled:
            return "disabled";
        case KeyState::pending_deletion:
            return "pending deletion";
        case KeyState::pending_import:
            return "pending import";
        case KeyState::pending_replica_deletion:
            return "pending replica deletion";
        case KeyState::updating:
            return "updating";
        case KeyState::unavailable:
        case KeyState::other:
            break;
    }
    return "unavailable";
}

}  // namespace

std::optional<KmsRefusal> check_key_state(KmsApi api, KeyState state, std::string_view arn) {
    const StateRule rule = rule_of(api);
    if (allows(rule, state)) {
        return std::nullopt;
    }
    if (rule == StateRule::deleted) {
        return KmsRefusal(KmsErrorCode::kms_invalid_state,
                          fmt::format("{} is not pending deletion.", arn));
    }
    const KmsErrorCode code =
        state == KeyState::disabled ? KmsErrorCode::disabled : KmsErrorCode::kms_invalid_state;
    return KmsRefusal(code, fmt::format("{} is {}.", arn, condition_of(state)));
}

}  // namespace keyferry
