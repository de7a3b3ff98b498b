// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::io {

/// Every error code that KMS, or the signing layer before it, is known to answer with, as a value.
/// Several wire names that mean the same stand for one value where nobody acts on the difference
/// (the throttling family); the wire name itself is kept in CallFailure for messages.
/// Says nothing of what to do about it: that is engine/disposition.
enum class KmsErrorCode : std::uint8_t {
    access_denied,                 ///< AccessDeniedException, AccessDenied, NotAuthorized
    already_exists,                ///< AlreadyExistsException
    conflict,                      ///< ConflictException
    dependency_timeout,            ///< DependencyTimeoutException
    disabled,                      ///< DisabledException
    expired_import_token,          ///< ExpiredImportTokenException
    expired_token,                 ///< ExpiredTokenException, ExpiredToken
    incomplete_signature,          ///< IncompleteSignature(Exception)
    incorrect_key_material,        ///< IncorrectKeyMaterialException
    internal_failure,              ///< InternalFailure, InternalError, InternalServerError
    invalid_alias_name,            ///< InvalidAliasNameException
    invalid_arn,                   ///< InvalidArnException
    invalid_ciphertext,            ///< InvalidCiphertextException
    invalid_client_token,          ///< UnrecognizedClientException, InvalidClientTokenId
    invalid_import_token,          ///< InvalidImportTokenException
    invalid_marker,                ///< InvalidMarkerException
    invalid_signature,             ///< InvalidSignatureException, SignatureDoesNotMatch
    key_unavailable,               ///< KeyUnavailableException
    kms_internal,                  ///< KMSInternalException
    kms_invalid_state,             ///< KMSInvalidStateException
    limit_exceeded,                ///< LimitExceededException
    malformed_policy_document,     ///< MalformedPolicyDocumentException
    missing_authentication_token,  ///< MissingAuthenticationToken(Exception)
    not_found,                     ///< NotFoundException
    opt_in_required,               ///< OptInRequired
    request_entity_too_large,      ///< RequestEntityTooLarge(Exception), HTTP 413
    request_expired,      ///< RequestExpired, RequestInTheFuture, RequestTimeTooSkewed, AuthFailure
    request_timeout,      ///< RequestTimeout(Exception), TimeoutError
    service_unavailable,  ///< ServiceUnavailable(Exception), HTTP 503 without a code
    tag,                  ///< TagException
    throttling,           ///< ThrottlingException and its whole family, HTTP 429
    unknown_operation,    ///< UnknownOperationException
    unsupported_operation,  ///< UnsupportedOperationException
    validation,             ///< ValidationException, ValidationError
    server_error,           ///< any other code or none, with HTTP status >= 500
    other,                  ///< any other code or none, with HTTP status < 500
};

/// The value for a wire code such as "ThrottlingException". Cleans it first: cuts at ',' and ':',
/// keeps what follows '#' (the SDKs' rule). `http_status` decides only where the code is unknown or
/// empty: KMS answers 400 to nearly every client error, so a 4xx status says nothing.
[[nodiscard]] KmsErrorCode kms_error_code(std::string_view wire_code, int http_status) noexcept;

/// The canonical wire name, for example "ThrottlingException". For server_error and other, a
/// description in lower case.
[[nodiscard]] std::string_view name_of(KmsErrorCode code) noexcept;

}  // namespace keyferry::io
