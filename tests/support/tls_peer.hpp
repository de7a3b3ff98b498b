// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace keyferry::test {

/// A self-signed certificate and its key. They are created at run time, so that the repository
/// contains no certificates that expire.
class TestCertificate {
  public:
    /// `alternative_names` in the syntax of OpenSSL's configuration: "DNS:localhost,IP:127.0.0.1".
    /// Valid from the day before yesterday until `days` from now; -1 creates an expired
    /// certificate.
    explicit TestCertificate(const std::string& alternative_names, int days = 2);
    ~TestCertificate();
    TestCertificate(const TestCertificate&) = delete;
    TestCertificate& operator=(const TestCertificate&) = delete;

    std::string pem() const;

  private:
    friend class TlsPeer;
    struct State;
    std::unique_ptr<State> state_;
};

/// The server side of a TLS connection, in memory.
class TlsPeer {
  public:
    enum class Versions { modern, only_1_2, only_1_1_and_older };

    explicit TlsPeer(const TestCertificate& identity, Versions versions = Versions::modern);
    ~TlsPeer();
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;

    /// Processes bytes from the client and returns the decrypted data.
    std::string receive(const std::string& bytes);
    /// Encrypts data of any size.
    void say(const std::string& plain);
    void say_goodbye();
    /// Returns the pending bytes for the client, and removes them.
    std::string to_send();

    bool handshake_done() const;
    /// Returns the protocol version, such as "TLSv1.3".
    std::string version() const;
    /// The SNI name sent by the client; empty if none.
    std::string server_name() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace keyferry::test
