// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyferry::simulator {

/// A newly generated certificate for loopback addresses, and the authority that signed it.
struct ServerCertificate {
    std::string authority_pem;    ///< the CA certificate that clients must trust
    std::string certificate_pem;  ///< the server's certificate, signed by the authority
    std::string key_pem;          ///< the server's private key; never written to a file
};

/// Generates an authority, and a certificate for localhost, 127.0.0.1, ::1 and, if it is another IP
/// address, `address`. Uses EC P-256 keys. The certificates are valid for 30 days, starting
/// yesterday. The authority's private key is discarded. Throws std::runtime_error if OpenSSL fails.
[[nodiscard]] ServerCertificate make_server_certificate(const std::string& address);

}  // namespace keyferry::simulator
