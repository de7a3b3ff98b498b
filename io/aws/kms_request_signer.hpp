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

/// Writes signed request heads for KMS's one form of request (POST, JSON 1.1, the body signed as
/// sent). For one second and one operation everything in such a request but its body is constant,
/// so this keeps the finished head and the state of each hash just before the part that the body
/// decides: a call costs the hash of its body and three short finishes, where the three plain
/// stages of io/aws/sigv4 cost ten times that. The two agree; a test compares them.
///
/// Not thread-safe. One signer serves one set of credentials in one Region; new credentials take a
/// new signer.
class KmsRequestSigner {
  public:
    /// `user_agent` is the value of the User-Agent header: printable ASCII.
    KmsRequestSigner(std::shared_ptr<const Credentials> credentials,
                     const Region& region,
                     const Endpoint& endpoint,
                     std::string_view user_agent);
    ~KmsRequestSigner();
    KmsRequestSigner(KmsRequestSigner&&) noexcept;
    KmsRequestSigner& operator=(KmsRequestSigner&&) noexcept;

    /// Appends to `request` the head of an HTTP/1.1 request for `api` with `body`: request line,
    /// all headers, the empty line. The body itself is not appended. `now` is civil time, corrected
    /// for a known skew of the local clock; KMS accepts five minutes to both sides. `extra_headers`
    /// are further header lines, each ended by "\r\n", that are sent but not signed.
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
