// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/names/kms_api.hpp"
#include "io/names/region.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace keyferry::io {

/// Writes the signed headers of KMS requests (POST, JSON 1.1, signed body). Requests for the same
/// operation in the same second differ only in the body and in the headers that depend on it.
/// Therefore, the other headers and the hash states up to the part that depends on the body are
/// cached. Signing a call then only requires hashing its body and three short finalizations; the
/// three stages in io/aws/sigv4 cost ten times as much. A test verifies that both implementations
/// produce the same result.
///
/// Not thread-safe. A signer is for one set of credentials in one Region; create a new signer for
/// new credentials.
class KmsRequestSigner {
  public:
    /// `user_agent` is the value of the User-Agent header (printable ASCII).
    KmsRequestSigner(std::shared_ptr<const Credentials> credentials,
                     const Region& region,
                     const Endpoint& endpoint,
                     std::string_view user_agent);
    ~KmsRequestSigner();
    KmsRequestSigner(KmsRequestSigner&&) noexcept;
    KmsRequestSigner& operator=(KmsRequestSigner&&) noexcept;

    /// Appends the header section of an HTTP/1.1 request for `api` with `body` to `request`:
    /// request line, all headers and the empty line, but not the body. `now` is wall-clock time,
    /// corrected for known clock skew; KMS accepts a difference of up to five minutes.
    /// `extra_headers` are additional header lines, each terminated by "\r\n", that are sent but
    /// not signed.
    void append_head(KmsApi api,
                     std::string_view body,
                     std::chrono::sys_seconds now,
                     std::string_view extra_headers,
                     std::string& request);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace keyferry::io
