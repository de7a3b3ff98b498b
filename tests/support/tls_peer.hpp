// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace keyferry::test {

/// A self-signed certificate with its key, made when the test runs: nothing to expire in the tree.
class TestCertificate {
  public:
    /// `alternative_names` as OpenSSL's configuration writes them: "DNS:localhost,IP:127.0.0.1".
    /// It is valid from the day before yesterday for `days` from now; -1 makes it expired.
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

/// The server's side of a TLS connection, in memory.
class TlsPeer {
  public:
    enum class Versions { modern, only_1_2, only_1_1_and_older };

    explicit TlsPeer(const TestCertificate& identity, Versions versions = Versions::modern);
    ~TlsPeer();
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;

    /// Takes bytes from the client and returns what it says in them, decrypted.
    std::string receive(const std::string& bytes);
    /// Encrypts an answer of any size.
    void say(const std::string& plain);
    void say_goodbye();
    /// The bytes for the client; each once.
    std::string to_send();

    bool handshake_done() const;
    /// "TLSv1.3"
    std::string version() const;
    /// The name that the client asked for; empty for none.
    std::string server_name() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace keyferry::test
