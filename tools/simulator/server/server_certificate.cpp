// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/server_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>

namespace keyferry::simulator {

namespace {

template <auto free_function>
struct Freed {
    template <typename T>
    void operator()(T* object) const {
        free_function(object);
    }
};

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using Name = std::unique_ptr<GENERAL_NAME, Freed<GENERAL_NAME_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free>>;

void require(bool worked, const char* what) {
    if (!worked) {
        throw std::runtime_error(std::string("OpenSSL could not ") + what +
                                 " for the simulator's certificate");
    }
}

Key make_key() {
    Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "generate a key");
    return key;
}

void add_extension(X509& certificate, X509& issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
    require(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1,
            "add an extension");
}

void add_name(GENERAL_NAMES& names, const std::string& host) {
    Name name(GENERAL_NAME_new());
    require(name != nullptr, "allocate");
    if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str())) {
        GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address);
    } else {
        ASN1_IA5STRING* text = ASN1_IA5STRING_new();
        require(text != nullptr &&
                    ASN1_STRING_set(text, host.data(), static_cast<int>(host.size())) == 1,
                "set a host name");
        GENERAL_NAME_set0_value(name.get(), GEN_DNS, text);
    }
    require(sk_GENERAL_NAME_push(&names, name.get()) > 0, "add a host name");
    static_cast<void>(name.release());  // belongs to `names` now
}

void add_names(X509& certificate, std::span<const std::string> hosts) {
    const Names names(GENERAL_NAMES_new());
    require(names != nullptr, "allocate");
    for (const char* loopback : {"localhost", "127.0.0.1", "::1"}) {
        add_name(*names, loopback);
    }
    for (const std::string& host : hosts) {
        add_name(*names, host);
    }
    require(X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), 0, 0) == 1,
            "add the host names");
}

Certificate make_unsigned(EVP_PKEY& key, const char* common_name) {
    constexpr long kSecondsPerDay = 86'400;
    constexpr long kDaysValid = 30;
    constexpr long kVersion3 = 2;
    Certificate certificate(X509_new());
    require(certificate != nullptr, "allocate");
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1,
            "generate a serial number");
    serial >>= 1U;  // must be positive
    X509_NAME* const name = X509_get_subject_name(certificate.get());
    const auto* text = reinterpret_cast<const unsigned char*>(common_name);
    require(
        X509_set_version(certificate.get(), kVersion3) == 1 &&
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial) == 1 &&
            X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kSecondsPerDay) &&
            X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDaysValid * kSecondsPerDay) &&
            X509_set_pubkey(certificate.get(), &key) == 1 &&
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1,
        "set the fields");
    return certificate;
}

std::string pem_of(X509& certificate) {
    const Memory memory(BIO_new(BIO_s_mem()));
    require(memory && PEM_write_bio_X509(memory.get(), &certificate) == 1, "write PEM");
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

std::string pem_of(EVP_PKEY& key) {
    const Memory memory(BIO_new(BIO_s_mem()));
    require(memory && PEM_write_bio_PrivateKey(
                          memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "write PEM");
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

ServerCertificate make_server_certificate(std::span<const std::string> hosts) {
    const Key authority_key = make_key();
    const Certificate authority = make_unsigned(*authority_key, "keyferry simulator authority");
    require(X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get())) == 1,
            "set the issuer");
    add_extension(*authority, *authority, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(*authority, *authority, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(*authority, *authority, NID_subject_key_identifier, "hash");
    require(X509_sign(authority.get(), authority_key.get(), EVP_sha256()) > 0, "sign");

    const Key key = make_key();
    const Certificate certificate = make_unsigned(*key, "localhost");
    require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(authority.get())) == 1,
            "set the issuer");
    add_extension(*certificate, *authority, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(*certificate, *authority, NID_key_usage, "critical,digitalSignature");
    add_extension(*certificate, *authority, NID_ext_key_usage, "serverAuth");
    add_names(*certificate, hosts);
    add_extension(*certificate, *authority, NID_authority_key_identifier, "keyid");
    require(X509_sign(certificate.get(), authority_key.get(), EVP_sha256()) > 0, "sign");
    return {pem_of(*authority), pem_of(*certificate), pem_of(*key)};
}

}  // namespace keyferry::simulator
