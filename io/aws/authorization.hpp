// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/sigv4.hpp"
#include "io/names/parsed.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Verification of AWS Signature Version 4 for the simulator: parses the Authorization header of any
// client and verifies a signature over the headers that the client signed.

namespace keyferry::io {

inline constexpr std::size_t kAuthorizationBytesMax = 4096;
inline constexpr std::size_t kSignedHeadersMax = 64;

/// The parts of an Authorization header: "AWS4-HMAC-SHA256
/// Credential=ID/20150830/us-east-1/kms/aws4_request, SignedHeaders=host;..., Signature=...".
struct Authorization {
    Authorization() = default;

    std::string access_key_id;
    CredentialScope scope;
    std::vector<std::string>
        signed_headers;     ///< lower case, sorted, no duplicates, includes "host"
    std::string signature;  ///< 64 lower-case hexadecimal digits
};

/// Parses an Authorization header. The error names the missing or invalid part, for which AWS
/// returns IncompleteSignatureException. It contains neither the signature nor the entire header.
[[nodiscard]] Parsed<Authorization> parse_authorization(std::string_view header);

enum class SignatureCheck {
    matches,
    differs,         ///< different secret, body or header value
    header_missing,  ///< a signed header is missing from the request
};

/// Recomputes the signature of `received` from the headers listed in `authorization`
/// (`received.headers` may contain more) and compares it in constant time. `amz_date` is the
/// request's X-Amz-Date; `key` is signing_key(secret, authorization.scope).
[[nodiscard]] SignatureCheck check_signature(const SignableRequest& received,
                                             const Authorization& authorization,
                                             std::string_view amz_date,
                                             const Secret& key,
                                             PathForm form = PathForm::normalized);

/// Compares `a` and `b` in time that depends only on their lengths.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace keyferry::io
