// SPDX-License-Identifier: Apache-2.0
#pragma once

// The steps that a client performs between GetParametersForImport and ImportKeyMaterial.

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace keyferry::simulator::example {

/// Wraps `material` with RSAES_OAEP and a public key (DER).
inline std::string wrapped(std::string_view public_key,
                           const EVP_MD* digest,
                           std::string_view material) {
    const auto* at = reinterpret_cast<const unsigned char*>(public_key.data());
    EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key.size()));
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, nullptr);
    const auto* bytes = reinterpret_cast<const unsigned char*>(material.data());
    std::size_t size = 0;
    const bool ready = EVP_PKEY_encrypt_init(context) > 0 &&
                       EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
                       EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) > 0 &&
                       EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) > 0 &&
                       EVP_PKEY_encrypt(context, nullptr, &size, bytes, material.size()) > 0;
    std::string text(size, '\0');
    const bool done =
        ready &&
        EVP_PKEY_encrypt(
            context, reinterpret_cast<unsigned char*>(text.data()), &size, bytes, material.size()) >
            0;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    if (!done) {
        throw std::runtime_error("cannot wrap");
    }
    return text;
}

/// Returns `aes_key` (32 bytes) wrapped with RSA, followed by `material` wrapped with `aes_key`
/// (RFC 5649).
inline std::string wrapped_with_aes(std::string_view public_key,
                                    const EVP_MD* digest,
                                    std::string_view aes_key,
                                    std::string_view material) {
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    constexpr std::size_t kRoom = 16;
    std::string text(material.size() + kRoom, '\0');
    int size = 0;
    const bool done = EVP_EncryptInit_ex(context,
                                         EVP_aes_256_wrap_pad(),
                                         nullptr,
                                         reinterpret_cast<const unsigned char*>(aes_key.data()),
                                         nullptr) > 0 &&
                      EVP_EncryptUpdate(context,
                                        reinterpret_cast<unsigned char*>(text.data()),
                                        &size,
                                        reinterpret_cast<const unsigned char*>(material.data()),
                                        static_cast<int>(material.size())) > 0;
    EVP_CIPHER_CTX_free(context);
    if (!done) {
        throw std::runtime_error("cannot wrap");
    }
    text.resize(static_cast<std::size_t>(size));
    return wrapped(public_key, digest, aes_key) + text;
}

}  // namespace keyferry::simulator::example
