// SPDX-License-Identifier: Apache-2.0
#include "engine/retry/disposition.hpp"

#include <array>
#include <cassert>
#include <optional>

namespace keyferry::engine {

namespace {

struct Row {
    io::KmsErrorCode code;
    Disposition changing;  ///< ReplicateKey, CreateKey
    Disposition reading;   ///< all others, except those for which of_setting() returns a value
    std::string_view why;
};

using enum Disposition;

// "Final" applies to this job in this run: a rerun with --retry-failed tries again.
constexpr std::array kRows{
    Row{io::KmsErrorCode::access_denied, fail, fail, "a policy must be changed first"},
    Row{io::KmsErrorCode::already_exists,
        adopt,
        fail,
        "one replica per key and Region: check whether it is ours"},
    Row{io::KmsErrorCode::conflict, fail, fail, "returned only by RotateKeyOnDemand"},
    Row{io::KmsErrorCode::dependency_timeout,
        reconcile,
        retry,
        "even KMS does not know the effect"},
    Row{io::KmsErrorCode::disabled, fail, fail, "the primary must be enabled first"},
    Row{io::KmsErrorCode::expired_import_token, fail, fail, "no key material is imported here"},
    Row{io::KmsErrorCode::expired_token, end_account, end_account, "the same for every later call"},
    Row{io::KmsErrorCode::incomplete_signature,
        end_account,
        end_account,
        "the same for every later call"},
    Row{io::KmsErrorCode::incorrect_key_material, fail, fail, "no key material is imported here"},
    Row{io::KmsErrorCode::internal_failure, reconcile, retry, "equivalent to a 5xx"},
    Row{io::KmsErrorCode::invalid_alias_name, fail, fail, "the same request gives the same result"},
    Row{io::KmsErrorCode::invalid_arn, fail, fail, "the same request gives the same result"},
    Row{io::KmsErrorCode::invalid_ciphertext, fail, fail, "no key material is imported here"},
    // Also returned by Regions that the account has not enabled, and by Regions that do not accept
    // session tokens from the global STS endpoint. Other Regions may accept the credentials.
    Row{io::KmsErrorCode::invalid_client_token, retry, fail, "not valid in this Region"},
    Row{io::KmsErrorCode::invalid_import_token, fail, fail, "no key material is imported here"},
    Row{io::KmsErrorCode::invalid_marker, fail, fail, "the same request gives the same result"},
    Row{io::KmsErrorCode::invalid_signature,
        end_account,
        end_account,
        "wrong secret or wrong clock"},
    Row{io::KmsErrorCode::key_unavailable, reconcile, retry, "equivalent to a 5xx"},
    Row{io::KmsErrorCode::kms_internal, reconcile, retry, "may occur after the effect"},
    Row{io::KmsErrorCode::kms_invalid_state, fail, fail, "depends on the message, see below"},
    // A read does not create a key, so this can only mean throttling. The AWS SDKs also treat it as
    // throttling.
    Row{io::KmsErrorCode::limit_exceeded,
        retry_limit,
        retry_throttled,
        "key quota exhausted, or throttling"},
    Row{io::KmsErrorCode::malformed_policy_document,
        retry_policy,
        fail,
        "IAM is eventually consistent"},
    Row{io::KmsErrorCode::missing_authentication_token,
        end_account,
        end_account,
        "the same for every call"},
    Row{io::KmsErrorCode::not_found,
        fail,
        absent,
        "final for a primary; a replica might not be visible yet"},
    Row{io::KmsErrorCode::opt_in_required, fail, fail, "the account has to enable the Region"},
    Row{io::KmsErrorCode::request_entity_too_large,
        fail,
        fail,
        "the same request gives the same result"},
    Row{io::KmsErrorCode::request_expired, end_account, end_account, "wrong clock"},
    Row{io::KmsErrorCode::request_timeout, reconcile, retry, "no response before the deadline"},
    Row{io::KmsErrorCode::service_unavailable, reconcile, retry, "a 503, or the connection broke"},
    Row{io::KmsErrorCode::tag, fail, fail, "the same request gives the same result"},
    Row{io::KmsErrorCode::throttling,
        retry_throttled,
        retry_throttled,
        "retry later, at a lower rate"},
    Row{io::KmsErrorCode::unknown_operation,
        fail,
        fail,
        "the endpoint does not support the operation"},
    Row{io::KmsErrorCode::unsupported_operation,
        fail,
        fail,
        "not a primary, or not in that Region"},
    Row{io::KmsErrorCode::validation, fail, fail, "the same request gives the same result"},
    Row{io::KmsErrorCode::server_error,
        reconcile,
        retry,
        "a 5xx does not show whether the request took effect"},
    Row{io::KmsErrorCode::other, fail, fail, "unknown code: needs investigation"},
};

const Row& row_of(io::KmsErrorCode code) {
    for (const Row& row : kRows) {
        if (row.code == code) {
            return row;
        }
    }
    assert(!"every KmsErrorCode has a row");
    return kRows.back();
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// Overrides the table for idempotent writes, which set a property of a key to a given value. They
/// are treated like reads, except for two codes. ReplicateKey and CreateKey are not idempotent,
/// because they create keys.
std::optional<Disposition> of_setting(io::KmsApi api, io::KmsErrorCode code) {
    const bool sets = api == io::KmsApi::put_key_policy || api == io::KmsApi::tag_resource ||
                      api == io::KmsApi::untag_resource ||
                      api == io::KmsApi::update_key_description ||
                      api == io::KmsApi::create_alias || api == io::KmsApi::delete_alias ||
                      api == io::KmsApi::enable_key || api == io::KmsApi::disable_key;
    if (sets && code == io::KmsErrorCode::limit_exceeded) {
        return retry;  // too many tags or aliases, or throttling; a few attempts show which
    }
    if (sets && code == io::KmsErrorCode::malformed_policy_document) {
        return retry_policy;
    }
    return std::nullopt;
}

/// KMS returns the key state only in the message. "<arn> is creating." and "<arn> is updating." are
/// transient states; pending import, pending deletion and unavailable are not.
bool is_passing_state(std::string_view message) {
    return contains(message, "is creating") || contains(message, "is updating");
}

}  // namespace

Disposition disposition_of(io::KmsApi api, const io::CallFailure& failure) {
    const bool changes = api == io::KmsApi::replicate_key || api == io::KmsApi::create_key;
    if (failure.certainty == io::Certainty::not_sent) {
        // Only the user can fix these credentials, so every later call would also fail.
        return failure.code == io::KmsErrorCode::missing_authentication_token ? end_account : retry;
    }
    if (failure.certainty == io::Certainty::unknown) {
        return changes ? reconcile : retry;
    }
    if (failure.cause == io::FailureCause::credentials) {
        return end_account;  // AWS rejected the credentials even after they were renewed
    }
    if (failure.code == io::KmsErrorCode::kms_invalid_state && is_passing_state(failure.message)) {
        return wait_for_state;
    }
    if (const std::optional<Disposition> setting = of_setting(api, failure.code)) {
        return *setting;
    }
    const Row& row = row_of(failure.code);
    return changes ? row.changing : row.reading;
}

FailureClass failure_class_of(Disposition disposition, const io::CallFailure& failure) noexcept {
    switch (disposition) {
        case retry:
        case reconcile:
            break;
        case retry_throttled:
            return FailureClass::throttled;
        case retry_limit:
            return FailureClass::key_quota;
        case end_account:
            return FailureClass::bad_credentials;
        case retry_policy:
        case wait_for_state:
        case adopt:
        case absent:
        case fail:
            return FailureClass::none;
    }
    switch (failure.cause) {
        case io::FailureCause::credentials:
            return FailureClass::no_credentials;
        case io::FailureCause::unknown_host:
        case io::FailureCause::untrusted_certificate:
            return FailureClass::unusable_endpoint;
        case io::FailureCause::other:
            break;
    }
    if (failure.code == io::KmsErrorCode::invalid_client_token) {
        return FailureClass::unusable_endpoint;
    }
    if (failure.code == io::KmsErrorCode::limit_exceeded) {
        return FailureClass::none;  // from an idempotent write: the key has too many tags or
                                    // aliases
    }
    if (failure.http_status != 0 || failure.certainty == io::Certainty::refused) {
        return FailureClass::server_error;
    }
    const bool is_timeout = failure.certainty == io::Certainty::unknown &&
                            failure.code == io::KmsErrorCode::request_timeout;
    return is_timeout ? FailureClass::timeout : FailureClass::unreachable;
}

}  // namespace keyferry::engine
