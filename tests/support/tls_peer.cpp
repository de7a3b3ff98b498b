// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls_peer.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

namespace keyferry::test {
namespace {

template <auto release>
struct OpensslRelease {
    template <typename T>
    void operator()(T* object) const {
        release(object);
    }
};
template <typename T, auto release>
using OpensslPointer = std::unique_ptr<T, OpensslRelease<release>>;

void add_extension(X509* certificate, int nid, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const OpensslPointer<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) == 0) {
        throw std::runtime_error("cannot make the extension " + value);
    }
}

}  // namespace

struct TestCertificate::State {
    OpensslPointer<EVP_PKEY, EVP_PKEY_free> key{EVP_EC_gen("P-256")};
    OpensslPointer<X509, X509_free> certificate{X509_new()};
};

TestCertificate::TestCertificate(const std::string& alternative_names, int days)
    : state_(std::make_unique<State>()) {
    X509* const made = state_->certificate.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_time_adj_ex(X509_getm_notBefore(made), -2, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(made), days, 0, nullptr);
    X509_NAME* const name = X509_get_subject_name(made);
    // A unique name, since issuers are looked up by name.
    static int made_so_far = 0;
    const std::string common_name = "keyferry test " + std::to_string(++made_so_far);
    X509_NAME_add_entry_by_txt(name,
                               "CN",
                               MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()),
                               -1,
                               -1,
                               0);
    X509_set_issuer_name(made, name);
    X509_set_pubkey(made, state_->key.get());
    add_extension(made, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made, NID_subject_alt_name, alternative_names);
    if (X509_sign(made, state_->key.get(), EVP_sha256()) == 0) {
        throw std::runtime_error("cannot sign the test certificate");
    }
}

TestCertificate::~TestCertificate() = default;

std::string TestCertificate::pem() const {
    const OpensslPointer<BIO, BIO_free> memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), state_->certificate.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

struct TlsPeer::State {
    OpensslPointer<SSL_CTX, SSL_CTX_free> context{SSL_CTX_new(TLS_server_method())};
    OpensslPointer<SSL, SSL_free> session;
    BIO* input = BIO_new(BIO_s_mem());   // owned by the session
    BIO* output = BIO_new(BIO_s_mem());  // owned by the session
};

TlsPeer::TlsPeer(const TestCertificate& identity, Versions versions)
    : state_(std::make_unique<State>()) {
    SSL_CTX* const context = state_->context.get();
    SSL_CTX_use_certificate(context, identity.state_->certificate.get());
    SSL_CTX_use_PrivateKey(context, identity.state_->key.get());
    SSL_CTX_set_security_level(context, 0);  // permits TLS 1.1
    if (versions == Versions::only_1_2) {
        SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    }
    if (versions == Versions::only_1_1_and_older) {
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    }
    state_->session.reset(SSL_new(context));
    SSL_set_bio(state_->session.get(), state_->input, state_->output);
    SSL_set_accept_state(state_->session.get());
}

TlsPeer::~TlsPeer() = default;

std::string TlsPeer::receive(const std::string& bytes) {
    BIO_write(state_->input, bytes.data(), static_cast<int>(bytes.size()));
    std::string plain;
    std::array<char, 4096> space;
    std::size_t count = 0;
    while (SSL_read_ex(state_->session.get(), space.data(), space.size(), &count) == 1) {
        plain.append(space.data(), count);
    }
    ERR_clear_error();
    return plain;
}

void TlsPeer::say(const std::string& plain) {
    std::size_t count = 0;
    SSL_write_ex(state_->session.get(), plain.data(), plain.size(), &count);
}

void TlsPeer::say_goodbye() {
    SSL_shutdown(state_->session.get());
}

std::string TlsPeer::to_send() {
    std::string bytes(BIO_ctrl_pending(state_->output), '\0');
    if (!bytes.empty()) {
        BIO_read(state_->output, bytes.data(), static_cast<int>(bytes.size()));
    }
    return bytes;
}

bool TlsPeer::handshake_done() const {
    return SSL_is_init_finished(state_->session.get()) == 1;
}

std::string TlsPeer::version() const {
    return SSL_get_version(state_->session.get());
}

std::string TlsPeer::server_name() const {
    const char* const name = SSL_get_servername(state_->session.get(), TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
}

}  // namespace keyferry::test
