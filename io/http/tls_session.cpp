// SPDX-License-Identifier: Apache-2.0
#include "io/http/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <stdexcept>

namespace keyferry::io {
namespace {

/// Returns the reason for the first queued error, or `otherwise`. Clears the queue.
std::string first_error(const char* otherwise) {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? otherwise : reason;
}

TlsSession& session_of(BIO* bio) {
    return *static_cast<TlsSession*>(BIO_get_data(bio));
}

// OpenSSL's transport consists of the two flat buffers. Reading from an empty buffer sets the retry
// flag, which OpenSSL reports as SSL_ERROR_WANT_READ. Exceptions (out of memory) must not propagate
// through OpenSSL.

int read_received(BIO* bio, char* space, int size) noexcept {
    BIO_clear_retry_flags(bio);
    FlatBuffer& received = session_of(bio).received();
    if (received.empty()) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const std::size_t count =
        std::min(received.bytes().size(), static_cast<std::size_t>(std::max(size, 0)));
    std::memcpy(space, received.bytes().data(), count);
    received.taken(count);
    return static_cast<int>(count);
}

int write_to_send(BIO* bio, const char* bytes, int size) noexcept {
    BIO_clear_retry_flags(bio);
    if (size <= 0) {
        return 0;
    }
    const auto count = static_cast<std::size_t>(size);
    FlatBuffer& to_send = session_of(bio).to_send();
    std::memcpy(to_send.space(count).data(), bytes, count);
    to_send.filled(count);
    return size;
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) noexcept {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// Created once and never freed, like OpenSSL's own methods.
const BIO_METHOD* buffer_method() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* result = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "keyferry");
        if (result == nullptr) {
            throw std::bad_alloc();
        }
        BIO_meth_set_read(result, read_received);
        BIO_meth_set_write(result, write_to_send);
        BIO_meth_set_ctrl(result, control);
        return result;
    }();
    return method;
}

bool is_address(const std::string& host) {
    ASN1_OCTET_STRING* const address = a2i_IPADDRESS(host.c_str());
    ASN1_OCTET_STRING_free(address);
    ERR_clear_error();
    return address != nullptr;
}

}  // namespace

TlsContext::TlsContext(const std::string& ca_file) : context_(SSL_CTX_new(TLS_client_method())) {
    if (context_ == nullptr) {
        throw std::runtime_error("OpenSSL cannot create a TLS context: " +
                                 first_error("no reason"));
    }
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    // For TLS 1.2; all TLS 1.3 suites are forward-secret and AEAD.
    SSL_CTX_set_cipher_list(context_, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    // Without session resumption, there is no early data that could be replayed.
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
    // Needs one read per record instead of two. Data that was read ahead is always consumed.
    SSL_CTX_set_read_ahead(context_, 1);
    const bool trust_set = ca_file.empty()
                               ? SSL_CTX_set_default_verify_paths(context_) == 1
                               : SSL_CTX_load_verify_file(context_, ca_file.c_str()) == 1;
    if (!trust_set) {
        const std::string reason = first_error("no certificate found");
        SSL_CTX_free(context_);
        throw std::runtime_error("cannot read trusted certificates (PEM) from " +
                                 (ca_file.empty() ? "the system's store" : "\"" + ca_file + "\"") +
                                 ": " + reason);
    }
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

TlsSession::TlsSession(const TlsContext& context, const std::string& host)
    : session_(SSL_new(context.context_)) {
    BIO* const bio = session_ == nullptr ? nullptr : BIO_new(buffer_method());
    if (bio == nullptr) {
        SSL_free(session_);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(session_, bio, bio);
    SSL_set_connect_state(session_);

    X509_VERIFY_PARAM* const verify = SSL_get0_param(session_);
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    bool host_set = false;
    if (is_address(host)) {
        host_set = X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1;
    } else {
        host_set = X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size()) == 1 &&
                   SSL_set_tlsext_host_name(session_, host.c_str()) == 1;
    }
    if (!host_set) {
        SSL_free(session_);
        throw std::bad_alloc();
    }
}

TlsSession::~TlsSession() {
    SSL_free(session_);
}

TlsSession::Result TlsSession::handshake() {
    ERR_clear_error();
    return check_result(SSL_do_handshake(session_));
}

TlsSession::Result TlsSession::encrypt(std::string_view plain) {
    assert(!plain.empty());
    ERR_clear_error();
    std::size_t written = 0;
    // The BIO accepts all data, so OpenSSL writes everything.
    const Result result =
        check_result(SSL_write_ex(session_, plain.data(), plain.size(), &written));
    assert(result != Result::ok || written == plain.size());
    return result;
}

TlsSession::Result TlsSession::decrypt(std::span<char> space, std::size_t& count) {
    assert(!space.empty());
    ERR_clear_error();
    count = 0;
    return check_result(SSL_read_ex(session_, space.data(), space.size(), &count));
}

bool TlsSession::holds_input() const noexcept {
    return !received_.empty() || SSL_has_pending(session_) == 1;
}

void TlsSession::close() {
    ERR_clear_error();
    SSL_shutdown(session_);
    ERR_clear_error();
}

TlsSession::Result TlsSession::check_result(int result) {
    if (result == 1) {
        return Result::ok;
    }
    switch (SSL_get_error(session_, result)) {
        case SSL_ERROR_WANT_READ:
            return Result::need_input;
        case SSL_ERROR_ZERO_RETURN:
            return Result::closed;
        default:
            break;
    }
    problem_ = first_error("protocol error");
    const long verified = SSL_get_verify_result(session_);
    if (verified != X509_V_OK) {
        certificate_is_untrusted_ = true;
        problem_ += std::string(": ") + X509_verify_cert_error_string(verified);
    }
    return Result::failed;
}

}  // namespace keyferry::io
