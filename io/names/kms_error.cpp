// SPDX-License-Identifier: Apache-2.0
#include "io/names/kms_error.hpp"

#include <array>

namespace keyferry::io {

namespace {

struct WireName {
    std::string_view wire;
    KmsErrorCode code;
};

using enum KmsErrorCode;

// The first name of each code is the canonical one. Sources: KMS's model, the SDKs' lists of
// retryable and clock skew errors, and AWS's common errors.
constexpr std::array kWireNames{
    WireName{"AccessDeniedException", access_denied},
    WireName{"AccessDenied", access_denied},
    WireName{"NotAuthorized", access_denied},
    WireName{"AlreadyExistsException", already_exists},
    WireName{"ConflictException", conflict},
    WireName{"DependencyTimeoutException", dependency_timeout},
    WireName{"DependencyTimeout", dependency_timeout},
    WireName{"DisabledException", disabled},
    WireName{"ExpiredImportTokenException", expired_import_token},
    WireName{"ExpiredTokenException", expired_token},
    WireName{"ExpiredToken", expired_token},
    WireName{"IncompleteSignature", incomplete_signature},
    WireName{"IncompleteSignatureException", incomplete_signature},
    WireName{"IncorrectKeyMaterialException", incorrect_key_material},
    WireName{"InternalFailure", internal_failure},
    WireName{"InternalError", internal_failure},
    WireName{"InternalServerError", internal_failure},
    WireName{"InternalServerException", internal_failure},
    WireName{"InvalidAliasNameException", invalid_alias_name},
    WireName{"InvalidArnException", invalid_arn},
    WireName{"InvalidCiphertextException", invalid_ciphertext},
    WireName{"UnrecognizedClientException", invalid_client_token},
    WireName{"InvalidClientTokenId", invalid_client_token},
    WireName{"InvalidImportTokenException", invalid_import_token},
    WireName{"InvalidMarkerException", invalid_marker},
    WireName{"InvalidSignatureException", invalid_signature},
    WireName{"SignatureDoesNotMatch", invalid_signature},
    WireName{"KeyUnavailableException", key_unavailable},
    WireName{"KMSInternalException", kms_internal},
    WireName{"KMSInvalidStateException", kms_invalid_state},
    WireName{"LimitExceededException", limit_exceeded},
    WireName{"MalformedPolicyDocumentException", malformed_policy_document},
    WireName{"MissingAuthenticationToken", missing_authentication_token},
    WireName{"MissingAuthenticationTokenException", missing_authentication_token},
    WireName{"NotFoundException", not_found},
    WireName{"OptInRequired", opt_in_required},
    WireName{"RequestEntityTooLarge", request_entity_too_large},
    WireName{"RequestEntityTooLargeException", request_entity_too_large},
    WireName{"RequestExpired", request_expired},
    WireName{"RequestInTheFuture", request_expired},
    WireName{"RequestTimeTooSkewed", request_expired},
    WireName{"AuthFailure", request_expired},
    WireName{"RequestTimeout", request_timeout},
    WireName{"RequestTimeoutException", request_timeout},
    WireName{"TimeoutError", request_timeout},
    WireName{"ServiceUnavailable", service_unavailable},
    WireName{"ServiceUnavailableException", service_unavailable},
    WireName{"TagException", tag},
    WireName{"ThrottlingException", throttling},
    WireName{"Throttling", throttling},
    WireName{"ThrottledException", throttling},
    WireName{"RequestThrottled", throttling},
    WireName{"RequestThrottledException", throttling},
    WireName{"TooManyRequestsException", throttling},
    WireName{"RequestLimitExceeded", throttling},
    WireName{"SlowDown", throttling},
    WireName{"BandwidthLimitExceeded", throttling},
    WireName{"PriorRequestNotComplete", throttling},
    WireName{"ProvisionedThroughputExceededException", throttling},
    WireName{"TransactionInProgressException", throttling},
    WireName{"EC2ThrottledException", throttling},
    WireName{"UnknownOperationException", unknown_operation},
    WireName{"UnsupportedOperationException", unsupported_operation},
    WireName{"ValidationException", validation},
    WireName{"ValidationError", validation},
};

/// "com.amazon.coral.service#Name:http://..., ..." -> "Name"
std::string_view cleaned(std::string_view wire_code) {
    wire_code = wire_code.substr(0, wire_code.find(','));
    wire_code = wire_code.substr(0, wire_code.find(':'));
    const std::size_t hash = wire_code.rfind('#');
    return hash == std::string_view::npos ? wire_code : wire_code.substr(hash + 1);
}

KmsErrorCode code_for_status(int http_status) {
    constexpr int kRequestTimeout = 408;
    constexpr int kContentTooLarge = 413;
    constexpr int kTooManyRequests = 429;
    constexpr int kServerErrorMin = 500;
    constexpr int kServiceUnavailable = 503;
    switch (http_status) {
        case kRequestTimeout:
            return request_timeout;
        case kContentTooLarge:
            return request_entity_too_large;
        case kTooManyRequests:
            return throttling;
        case kServiceUnavailable:
            return service_unavailable;
        default:
            return http_status >= kServerErrorMin ? server_error : other;
    }
}

}  // namespace

KmsErrorCode kms_error_code(std::string_view wire_code, int http_status) noexcept {
    const std::string_view name = cleaned(wire_code);
    for (const WireName& known : kWireNames) {
        if (known.wire == name) {
            return known.code;
        }
    }
    return code_for_status(http_status);
}

std::string_view name_of(KmsErrorCode code) noexcept {
    for (const WireName& known : kWireNames) {
        if (known.code == code) {
            return known.wire;
        }
    }
    return code == server_error ? "server error without a known code"
                                : "error with an unknown code";
}

}  // namespace keyferry::io
