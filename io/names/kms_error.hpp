// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::io {

/// All known error codes of KMS and of the signing layer in front of it. Wire names with the same
/// meaning share one value if no caller needs the distinction (for example the throttling errors);
/// CallFailure keeps the wire name for messages. engine/retry/disposition.hpp determines how each
/// code is handled.
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
    throttling,           ///< ThrottlingException and its variants, HTTP 429
    unknown_operation,    ///< UnknownOperationException
    unsupported_operation,  ///< UnsupportedOperationException
    validation,             ///< ValidationException, ValidationError
    server_error,           ///< any other code or no code, with HTTP status >= 500
    other,                  ///< any other code or no code, with HTTP status < 500
};

/// Converts a wire code such as "ThrottlingException". Like the SDKs, first truncates the code at
/// ',' and ':' and removes everything up to '#'. `http_status` is used only if the code is unknown
/// or empty, since KMS returns 400 for nearly every client error.
[[nodiscard]] KmsErrorCode kms_error_code(std::string_view wire_code, int http_status) noexcept;

/// Returns the canonical wire name, for example "ThrottlingException"; for server_error and other,
/// a description in lower case.
[[nodiscard]] std::string_view name_of(KmsErrorCode code) noexcept;

}  // namespace keyferry::io
