// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/flat_buffer.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

// OpenSSL's names stay out of headers; these two are all that is needed to hold its objects.
struct ssl_ctx_st;
struct ssl_st;

namespace keyferry::io {

/// What all TLS sessions of a client share: TLS 1.2 or later, forward-secret AEAD suites (KMS
/// requires forward secrecy), the peer's certificate always verified.
class TlsContext {
  public:
    /// Trusts the certificates in the PEM file `ca_file`, or the system's when it is empty. Throws
    /// std::runtime_error, naming the file, when there is no certificate to be read in it.
    explicit TlsContext(const std::string& ca_file);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

  private:
    friend class TlsSession;
    ssl_ctx_st* context_;
};

/// The client side of one TLS connection, as a transformation of bytes: it does no I/O. What came
/// from the peer is put into `received`, what shall go to the peer is taken from `to_send`.
///
/// Why not asio::ssl::stream: it copies every record once more, through a BIO pair, and reads in
/// pieces; on a call of a KMS client that costs a fifth of the whole. And without sockets this
/// class can be tested in memory.
class TlsSession {
  public:
    enum class Result : std::uint8_t {
        ok,          ///< the handshake is complete; or bytes were decrypted
        need_input,  ///< send what is to be sent, put received bytes in, and call again
        closed,      ///< the peer has ended the session as it should
        failed,      ///< problem() says why; the session is unusable
    };

    /// `host` is who the certificate must be for: a name (also sent as SNI) or an IP address. The
    /// context must outlive the session.
    TlsSession(const TlsContext& context, const std::string& host);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    /// Goes on with the handshake.
    Result handshake();

    /// Encrypts all of `plain` into to_send(). Only after the handshake.
    Result encrypt(std::string_view plain);

    /// Decrypts into `space`; `count` is how many bytes, more than 0 when the result is ok.
    Result decrypt(std::span<char> space, std::size_t& count);

    /// Whether anything that was received is not decrypted yet.
    [[nodiscard]] bool holds_input() const noexcept;

    /// Puts the notice that this side is done into to_send().
    void close();

    FlatBuffer& received() noexcept { return received_; }
    FlatBuffer& to_send() noexcept { return to_send_; }

    /// For the result failed: one short text, for example
    /// "certificate verify failed: self-signed certificate".
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  private:
    Result check_result(int result);

    FlatBuffer received_;
    FlatBuffer to_send_;
    std::string problem_;
    ssl_st* session_;
};

}  // namespace keyferry::io
