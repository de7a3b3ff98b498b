// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyferry::simulator {

/// A certificate for loopback and the authority that signed it, all made a moment ago.
struct ServerCertificate {
    std::string authority_pem;    ///< what a client must trust
    std::string certificate_pem;  ///< the server's own, signed by the authority
    std::string key_pem;          ///< the server's private key: never written to a file
};

/// Makes an authority and a certificate for localhost, 127.0.0.1, ::1 and, if it is another IP
/// address, `address`: EC P-256 keys, valid from yesterday for 30 days. The authority's private key
/// is forgotten. Throws std::runtime_error when OpenSSL cannot.
[[nodiscard]] ServerCertificate make_server_certificate(const std::string& address);

}  // namespace keyferry::simulator
