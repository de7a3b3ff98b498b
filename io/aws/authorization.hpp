// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/sigv4.hpp"
#include "io/names/parsed.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// The verifying side of AWS Signature Version 4, for the simulator: takes an Authorization header
// from any client apart and checks a signature over whatever headers that client chose to sign.

namespace keyferry::io {

inline constexpr std::size_t kAuthorizationBytesMax = 4096;
inline constexpr std::size_t kSignedHeadersMax = 64;

/// "AWS4-HMAC-SHA256 Credential=ID/20150830/us-east-1/kms/aws4_request, SignedHeaders=host;...,
/// Signature=..." in its parts.
struct Authorization {
    Authorization() = default;

    std::string access_key_id;
    CredentialScope scope;
    std::vector<std::string> signed_headers;  ///< lower case, sorted, each once, "host" among them
    std::string signature;                    ///< 64 lower-case hexadecimal digits
};

/// Takes the value of an Authorization header apart. The problem's text names the part that is
/// missing or wrong (AWS answers IncompleteSignatureException to such); it repeats neither the
/// signature nor the whole header.
[[nodiscard]] Parsed<Authorization> parse_authorization(std::string_view header);

enum class SignatureCheck {
    matches,
    differs,         ///< another secret, another body, another header value
    header_missing,  ///< a header that the client says it signed is not in the request
};

/// Computes the signature of `received` again, from the headers that `authorization` lists
/// (`received.headers` may have more), and compares in constant time. `amz_date` is the request's
/// X-Amz-Date; `key` is signing_key(secret, authorization.scope).
[[nodiscard]] SignatureCheck check_signature(const SignableRequest& received,
                                             const Authorization& authorization,
                                             std::string_view amz_date,
                                             const Secret& key,
                                             PathForm form = PathForm::normalized);

/// True when both are equal; takes the same time wherever they differ. Only their length may be
/// learned from the time it takes.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace keyferry::io
