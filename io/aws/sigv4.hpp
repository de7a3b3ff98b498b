// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

// AWS Signature Version 4 in its three stages, each a pure function, each checked against AWS's
// published vectors: canonical request -> string to sign -> signature. This is the reference, for
// any request; what runs for every call to KMS is io/aws/kms_request_signer, which must agree with
// it. The time of signing comes in as the text of the X-Amz-Date header (io/aws/timestamps.hpp).

namespace keyferry::io {

inline constexpr std::string_view kSigningAlgorithm = "AWS4-HMAC-SHA256";

/// One header line. Views: what they point to must outlive the call they are passed to.
struct SignableHeader {
    std::string_view name;   ///< in any case
    std::string_view value;  ///< as sent, without the line's end
};

/// The parts of an HTTP request that a signature covers. Views, as in SignableHeader.
struct SignableRequest {
    std::string_view method;
    std::string_view path;   ///< as in the request line, up to the '?'
    std::string_view query;  ///< what follows the '?'; empty for none
    /// All headers to be signed, repeated ones as often as they are sent; must have Host and
    /// X-Amz-Date.
    std::vector<SignableHeader> headers;
    std::string_view body;
};

/// What becomes of the path: KMS and nearly all services sign it without "." and ".." and
/// repeated slashes; S3 signs it as sent.
enum class PathForm { normalized, as_sent };

/// The path of a canonical request: in the form asked for, every byte but unreserved ones and '/'
/// percent-encoded (so a '%' as sent becomes "%25", as AWS wants it).
[[nodiscard]] std::string canonical_path(std::string_view path, PathForm form);

/// The names of the request's headers as the Authorization header lists them: "host;x-amz-date".
[[nodiscard]] std::string signed_header_names(const SignableRequest& request);

/// Stage 1.
[[nodiscard]] std::string canonical_request(const SignableRequest& request,
                                            PathForm form = PathForm::normalized);

/// What a signing key is good for: one day, Region and service.
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

/// Stage 2. `amz_date` is the value of the X-Amz-Date header.
[[nodiscard]] std::string string_to_sign(std::string_view canonical_request,
                                         std::string_view amz_date,
                                         const CredentialScope& scope);

/// The key derived from a secret access key for one scope: 32 bytes, a secret as well.
[[nodiscard]] Secret signing_key(const Secret& secret_access_key, const CredentialScope& scope);

/// Stage 3: 64 lower-case hexadecimal digits.
[[nodiscard]] std::string signature(const Secret& signing_key, std::string_view string_to_sign);

/// The value of the Authorization header. `signed_headers` as from signed_header_names().
[[nodiscard]] std::string authorization_header(std::string_view access_key_id,
                                               const CredentialScope& scope,
                                               std::string_view signed_headers,
                                               std::string_view signature);

}  // namespace keyferry::io
