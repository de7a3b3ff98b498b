// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

// AWS Signature Version 4 in three stages: canonical request -> string to sign -> signature. Each
// stage is a pure function that is tested against AWS's published test vectors. This is the
// reference implementation for any request. KMS calls use io/aws/kms_request_signer, which must
// produce the same results. The signing time is passed as the text of the X-Amz-Date header
// (io/aws/timestamps.hpp).

namespace keyferry::io {

inline constexpr std::string_view kSigningAlgorithm = "AWS4-HMAC-SHA256";

/// One header line. The referenced strings must outlive the call.
struct SignableHeader {
    std::string_view name;   ///< in upper or lower case
    std::string_view value;  ///< as sent, without the line terminator
};

/// The parts of an HTTP request that a signature covers. The referenced strings must outlive the
/// call.
struct SignableRequest {
    std::string_view method;
    std::string_view path;   ///< as in the request line, up to the '?'
    std::string_view query;  ///< the part after the '?'; may be empty
    /// All headers to sign, including Host and X-Amz-Date. Repeated headers must appear as often as
    /// they are sent.
    std::vector<SignableHeader> headers;
    std::string_view body;
};

/// How the path is signed: KMS and nearly all services remove ".", ".." and repeated slashes; S3
/// signs it as sent.
enum class PathForm { normalized, as_sent };

/// Returns the path for a canonical request: in the given form, with every byte except unreserved
/// characters and '/' percent-encoded ('%' becomes "%25", as AWS requires).
[[nodiscard]] std::string canonical_path(std::string_view path, PathForm form);

/// Returns the names of the request's headers as listed in the Authorization header:
/// "host;x-amz-date".
[[nodiscard]] std::string signed_header_names(const SignableRequest& request);

/// Stage 1: the canonical request.
[[nodiscard]] std::string canonical_request(const SignableRequest& request,
                                            PathForm form = PathForm::normalized);

/// The scope of a signing key: one day, Region and service.
struct CredentialScope {
    CredentialScope() = default;
    CredentialScope(std::string day_, std::string region_, std::string service_)
        : day(std::move(day_)), region(std::move(region_)), service(std::move(service_)) {}

    std::string day;  ///< "20150830"
    std::string region;
    std::string service;  ///< "kms"

    /// "20150830/us-east-1/kms/aws4_request"
    [[nodiscard]] std::string text() const;

    friend bool operator==(const CredentialScope&, const CredentialScope&) = default;
};

/// Stage 2: the string to sign. `amz_date` is the value of the X-Amz-Date header.
[[nodiscard]] std::string string_to_sign(std::string_view canonical_request,
                                         std::string_view amz_date,
                                         const CredentialScope& scope);

/// Derives the 32-byte signing key for one scope from a secret access key. The result is also
/// a secret.
[[nodiscard]] Secret signing_key(const Secret& secret_access_key, const CredentialScope& scope);

/// Stage 3: the signature, 64 lower-case hexadecimal digits.
[[nodiscard]] std::string signature(const Secret& signing_key, std::string_view string_to_sign);

/// Returns the value of the Authorization header. `signed_headers` is the result of
/// signed_header_names().
[[nodiscard]] std::string authorization_header(std::string_view access_key_id,
                                               const CredentialScope& scope,
                                               std::string_view signed_headers,
                                               std::string_view signature);

}  // namespace keyferry::io
