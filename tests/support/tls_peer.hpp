#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>

namespace keyferry {

template <auto release>
struct OpensslRelease {
    template <typename T>
    void operator()(T* object) const {
        release(object);
    }
};
template <typename T, auto release>
using OpensslPointer = std::unique_ptr<T, OpensslRelease<release>>;

/// A self-signed certificate with its key, made when the test runs: nothing to expire in the tree.
class TestCertificate {
  public:
    /// `alternative_names` as OpenSSL's configuration writes them: "DNS:localhost,IP:127.0.0.1".
    /// It is valid from yesterday for `days`; -1 makes it expired.
    explicit TestCertificate(const std::string& alternative_names, int days = 2)
        : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
        X509* const made = certificate_.get();
        X509_set_version(made, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
        X509_time_adj_ex(X509_getm_notBefore(made), -2, 0, nullptr);
        X509_time_adj_ex(X509_getm_notAfter(made), days, 0, nullptr);
        X509_NAME* const name = X509_get_subject_name(made);
        const unsigned char common_name[] = "keyferry test";
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
        X509_set_issuer_name(made, name);
        X509_set_pubkey(made, key_.get());
        add_extension(NID_basic_constraints, "critical,CA:TRUE");
        add_extension(NID_subject_alt_name, alternative_names);
        if (X509_sign(made, key_.get(), EVP_sha256()) == 0) {
            throw std::runtime_error("cannot sign the test certificate");
        }
    }

    std::string pem() const {
        const OpensslPointer<BIO, BIO_free> memory(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(memory.get(), certificate_.get());
        char* text = nullptr;
        const long size = BIO_get_mem_data(memory.get(), &text);
        return std::string(text, static_cast<std::size_t>(size));
    }

    EVP_PKEY* key() const { return key_.get(); }
    X509* certificate() const { return certificate_.get(); }

  private:
    void add_extension(int nid, const std::string& value) {
        X509V3_CTX context{};
        X509V3_set_ctx(&context, certificate_.get(), certificate_.get(), nullptr, nullptr, 0);
        const OpensslPointer<X509_EXTENSION, X509_EXTENSION_free> extension(
            X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
        if (!extension || X509_add_ext(certificate_.get(), extension.get(), -1) == 0) {
            throw std::runtime_error("cannot make the extension " + value);
        }
    }

    OpensslPointer<EVP_PKEY, EVP_PKEY_free> key_;
    OpensslPointer<X509, X509_free> certificate_;
};

/// The server's side of a TLS connection, in memory.
class TlsPeer {
  public:
    explicit TlsPeer(const TestCertificate& identity,
                     int version_min = TLS1_2_VERSION,
                     int version_max = TLS1_3_VERSION)
        : context_(SSL_CTX_new(TLS_server_method())) {
        SSL_CTX_use_certificate(context_.get(), identity.certificate());
        SSL_CTX_use_PrivateKey(context_.get(), identity.key());
        SSL_CTX_set_security_level(context_.get(), 0);  // so that it would speak TLS 1.1
        SSL_CTX_set_min_proto_version(context_.get(), version_min);
        SSL_CTX_set_max_proto_version(context_.get(), version_max);
        session_.reset(SSL_new(context_.get()));
        input_ = BIO_new(BIO_s_mem());
        output_ = BIO_new(BIO_s_mem());
        SSL_set_bio(session_.get(), input_, output_);
        SSL_set_accept_state(session_.get());
    }

    /// Takes bytes from the client and returns what it says in them, decrypted.
    std::string receive(const std::string& bytes) {
        BIO_write(input_, bytes.data(), static_cast<int>(bytes.size()));
        std::string plain;
        std::array<char, 4096> space;
        std::size_t count = 0;
        while (SSL_read_ex(session_.get(), space.data(), space.size(), &count) == 1) {
            plain.append(space.data(), count);
        }
        ERR_clear_error();
        return plain;
    }

    /// Encrypts an answer of any size.
    void say(const std::string& plain) {
        std::size_t count = 0;
        SSL_write_ex(session_.get(), plain.data(), plain.size(), &count);
    }
    void say_goodbye() { SSL_shutdown(session_.get()); }

    /// The bytes for the client.
    std::string to_send() {
        std::string bytes(BIO_ctrl_pending(output_), '\0');
        if (!bytes.empty()) {
            BIO_read(output_, bytes.data(), static_cast<int>(bytes.size()));
        }
        return bytes;
    }

    bool handshake_done() const { return SSL_is_init_finished(session_.get()) == 1; }
    std::string version() const { return SSL_get_version(session_.get()); }
    /// The name that the client asked for; empty for none.
    std::string server_name() const {
        const char* const name = SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name);
        return name == nullptr ? "" : name;
    }

  private:
    OpensslPointer<SSL_CTX, SSL_CTX_free> context_;
    OpensslPointer<SSL, SSL_free> session_;
    BIO* input_ = nullptr;   // owned by the session
    BIO* output_ = nullptr;  // owned by the session
};

}  // namespace keyferry
