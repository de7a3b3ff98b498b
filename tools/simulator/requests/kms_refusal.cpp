// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/requests/kms_refusal.hpp"

#include <fmt/format.h>

namespace keyferry::simulator {

namespace {

constexpr int kBadRequest = 400;
constexpr int kInternalServerError = 500;
constexpr int kServiceUnavailable = 503;

int status_of(io::KmsErrorCode code) {
    switch (code) {
        case io::KmsErrorCode::kms_internal:
            return kInternalServerError;
        case io::KmsErrorCode::dependency_timeout:
            return kServiceUnavailable;
        default:
            return kBadRequest;
    }
}

}  // namespace

KmsRefusal::KmsRefusal(io::KmsErrorCode code_, std::string message_)
    : code(code_),
      wire_code(io::name_of(code_)),
      message(std::move(message_)),
      http_status(status_of(code_)) {}

KmsRefusal::KmsRefusal(io::KmsErrorCode code_, std::string_view wire_code_, std::string message_)
    : code(code_),
      wire_code(wire_code_),
      message(std::move(message_)),
      http_status(status_of(code_)) {}

KmsRefusal refusal_throttled() {
    return {io::KmsErrorCode::throttling,
            "You have exceeded the rate at which you may call KMS. "
            "Reduce the frequency of your calls."};
}

KmsRefusal refusal_internal() {
    return {io::KmsErrorCode::kms_internal, ""};  // KMS's message is unknown
}

KmsRefusal refusal_dependency_timeout() {
    return {io::KmsErrorCode::dependency_timeout,  // message from the KMS API reference
            "The system timed out while trying to fulfill the request."};
}

KmsRefusal refusal_denied(const io::AccountRegion& place,
                          std::string_view operation,
                          std::string_view resource) {
    return refusal_not_allowed(
        fmt::format(
            "arn:{}:iam::{}:user/simulated", place.region.partition().name, place.account.digits()),
        fmt::format("kms:{}", operation),
        resource);
}

KmsRefusal refusal_not_allowed(std::string_view caller_arn,
                               std::string_view action,
                               std::string_view resource) {
    return {io::KmsErrorCode::access_denied,
            fmt::format("User: {} is not authorized to perform: {} on resource: {} because no "
                        "identity-based policy allows the {} action",
                        caller_arn,
                        action,
                        resource,
                        action)};
}

KmsRefusal refusal_replica_exists() {
    return {io::KmsErrorCode::already_exists,
            "You can create only one replica of each primary key in each AWS Region."};
}

KmsRefusal refusal_not_a_primary(std::string_view arn) {
    return {io::KmsErrorCode::unsupported_operation,
            fmt::format("{} is not a multi-region primary key.", arn)};
}

KmsRefusal refusal_no_such_key(std::string_view arn) {
    return {io::KmsErrorCode::not_found, fmt::format("Key '{}' does not exist", arn)};
}

KmsRefusal refusal_invalid_key_id(std::string_view text) {
    return {io::KmsErrorCode::not_found, fmt::format("Invalid keyId '{}'", text)};
}

KmsRefusal refusal_arn_of_other_region(std::string_view region) {
    return {io::KmsErrorCode::not_found, fmt::format("Invalid arn {}", region)};
}

KmsRefusal refusal_key_quota(std::uint64_t quota, std::uint64_t in_use) {
    return {io::KmsErrorCode::limit_exceeded,
            fmt::format("Key quota for this account in this region is {} but the current usage is "
                        "{}.",
                        quota,
                        in_use)};
}

KmsRefusal refusal_alias_quota(std::size_t quota) {
    return {io::KmsErrorCode::limit_exceeded,  // KMS's message is unknown
            fmt::format("A KMS key can have at most {} aliases.", quota)};
}

KmsRefusal refusal_alias_of_other_type() {
    // The KMS API reference forbids this but does not document the error.
    return {io::KmsErrorCode::kms_invalid_state,
            "The alias cannot be updated: the current and the new KMS key must be of the same type "
            "and have the same key usage."};
}

KmsRefusal refusal_no_such_policy() {
    return {io::KmsErrorCode::not_found, "No such policy exists"};
}

KmsRefusal refusal_dry_run() {
    return {io::KmsErrorCode::other,
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set."};
}

KmsRefusal refusal_serialization(std::string_view message) {
    return {io::KmsErrorCode::other, "SerializationException", std::string(message)};
}

}  // namespace keyferry::simulator
