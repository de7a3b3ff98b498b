// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/flat_buffer.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

// Forward declarations keep OpenSSL out of this header.
struct ssl_ctx_st;
struct ssl_st;

namespace keyferry::io {

/// Configuration shared by all TLS sessions of a client: TLS 1.2 or later, forward-secret AEAD
/// cipher suites (KMS requires forward secrecy), and mandatory verification of the server
/// certificate.
class TlsContext {
  public:
    /// Trusts the certificates in the PEM file `ca_file`, or the system's certificates if `ca_file`
    /// is empty. Throws std::runtime_error, naming the file, if the file contains no readable
    /// certificate.
    explicit TlsContext(const std::string& ca_file);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

  private:
    friend class TlsSession;
    ssl_ctx_st* context_;
};

/// The client side of a TLS connection, without I/O. Bytes from the server are added to `received`;
/// bytes for the server are taken from `to_send`.
///
/// asio::ssl::stream is not used, because it copies every record through a BIO pair and reads in
/// small chunks. This would account for a fifth of the client's work per KMS call. In addition,
/// this class can be tested without sockets.
class TlsSession {
  public:
    enum class Result : std::uint8_t {
        ok,          ///< the handshake is complete, or bytes were encrypted or decrypted
        need_input,  ///< send to_send(), add received bytes, and call the function again
        closed,      ///< the peer closed the session properly
        failed,      ///< see problem(); the session is unusable
    };

    /// The certificate must be valid for `host`, a name (also sent as SNI) or an IP address.
    /// `context` must outlive the session.
    TlsSession(const TlsContext& context, const std::string& host);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    /// Continues the handshake.
    Result handshake();

    /// Encrypts all of `plain` into to_send(). May be called only after the handshake.
    Result encrypt(std::string_view plain);

    /// Decrypts received bytes into `space` and sets `count` to the number of decrypted bytes,
    /// which is positive if the result is ok.
    Result decrypt(std::span<char> space, std::size_t& count);

    /// Whether there are received bytes that have not been decrypted yet.
    [[nodiscard]] bool holds_input() const noexcept;

    /// Adds a close_notify alert to to_send().
    void close();

    FlatBuffer& received() noexcept { return received_; }
    FlatBuffer& to_send() noexcept { return to_send_; }

    /// For Result::failed: a short text, for example "certificate verify failed: self-signed
    /// certificate".
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    /// For Result::failed: whether the server's certificate was not accepted.
    [[nodiscard]] bool certificate_is_untrusted() const noexcept {
        return certificate_is_untrusted_;
    }

  private:
    Result check_result(int result);

    FlatBuffer received_;
    FlatBuffer to_send_;
    std::string problem_;
    bool certificate_is_untrusted_ = false;
    ssl_st* session_;
};

}  // namespace keyferry::io
