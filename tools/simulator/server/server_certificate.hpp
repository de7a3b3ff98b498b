// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace keyferry::simulator {

/// A newly generated certificate, and the authority that signed it.
struct ServerCertificate {
    std::string authority_pem;    ///< the CA certificate that clients must trust
    std::string certificate_pem;  ///< the server's certificate, signed by the authority
    std::string key_pem;          ///< the server's private key; never written to a file
};

/// Generates an authority, and a certificate for localhost, 127.0.0.1, ::1 and these hosts: names,
/// "*.example.com", or IP addresses. Uses EC P-256 keys. The validity period is 30 days, starting
/// yesterday. The authority's private key is not kept. Throws std::runtime_error if OpenSSL fails
/// or if a certificate cannot contain one of the hosts.
[[nodiscard]] ServerCertificate make_server_certificate(std::span<const std::string> hosts);

}  // namespace keyferry::simulator
