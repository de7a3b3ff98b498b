// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cryptography/import_wrapping.hpp"

#include "tools/simulator/cryptography/key_pair.hpp"
#include "tools/simulator/cryptography/openssl_failure.hpp"
#include "tools/simulator/cryptography/openssl_handles.hpp"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <utility>

namespace keyferry::simulator {

namespace {

std::optional<unsigned> bits_of(std::string_view spec) {
    constexpr std::array kBits{std::pair{std::string_view("RSA_2048"), 2048U},
                               std::pair{std::string_view("RSA_3072"), 3072U},
                               std::pair{std::string_view("RSA_4096"), 4096U}};
    for (const auto& [name, bits] : kBits) {
        if (name == spec) {
            return bits;
        }
    }
    return std::nullopt;
}

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::optional<io::Secret> rsa_decrypt(EVP_PKEY* key, const EVP_MD* digest, std::string_view bytes) {
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr));
    std::size_t size = 0;
    if (!context || EVP_PKEY_decrypt_init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) <= 0 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) <= 0 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) <= 0 ||
        EVP_PKEY_decrypt(context.get(), nullptr, &size, bytes_of(bytes), bytes.size()) <= 0) {
        return std::nullopt;
    }
    std::string plain(size, '\0');
    if (EVP_PKEY_decrypt(context.get(), bytes_of(plain), &size, bytes_of(bytes), bytes.size()) <=
        0) {
        return std::nullopt;
    }
    plain.resize(size);
    return io::Secret::take(plain);
}

/// Unwraps an AES-wrapped key with padding (RFC 5649).
std::optional<io::Secret> aes_unwrap(std::string_view key, std::string_view bytes) {
    constexpr std::size_t kKeyBytes = 32;
    const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
    if (!context || key.size() != kKeyBytes) {
        return std::nullopt;
    }
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    std::string plain(bytes.size(), '\0');
    int size = 0;
    if (EVP_DecryptInit_ex(
            context.get(), EVP_aes_256_wrap_pad(), nullptr, bytes_of(key), nullptr) <= 0 ||
        EVP_DecryptUpdate(context.get(),
                          bytes_of(plain),
                          &size,
                          bytes_of(bytes),
                          static_cast<int>(bytes.size())) <= 0) {
        return std::nullopt;
    }
    plain.resize(static_cast<std::size_t>(size));
    return io::Secret::take(plain);
}

}  // namespace

struct WrappingKeys::Pair {
    Owned<EVP_PKEY> key;
};

WrappingKeys::WrappingKeys() = default;
WrappingKeys::~WrappingKeys() = default;

WrappingKeys::Pair* WrappingKeys::pair(std::string_view spec) {
    const auto known = pairs_.find(spec);
    if (known != pairs_.end()) {
        return known->second.get();
    }
    const auto bits = bits_of(spec);
    if (!bits) {
        return nullptr;
    }
    auto created = std::make_unique<Pair>();
    created->key.reset(EVP_RSA_gen(*bits));
    if (!created->key) {
        throw OpensslFailure("generate an RSA key");
    }
    return pairs_.emplace(std::string(spec), std::move(created)).first->second.get();
}

std::optional<std::string> WrappingKeys::public_key(std::string_view spec) {
    const Pair* known = pair(spec);
    if (known == nullptr) {
        return std::nullopt;
    }
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(known->key.get(), &der);
    if (size <= 0) {
        throw OpensslFailure("write a public key");
    }
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

std::optional<io::Secret> WrappingKeys::unwrap(std::string_view spec,
                                               std::string_view algorithm,
                                               std::string_view wrapped) {
    const Pair* known = pair(spec);
    if (known == nullptr) {
        return std::nullopt;
    }
    const EVP_MD* digest = ends_with(algorithm, "_SHA_1") ? EVP_sha1() : EVP_sha256();
    if (algorithm.substr(0, 5) == "RSAES") {
        return rsa_decrypt(known->key.get(), digest, wrapped);
    }
    // `wrapped` is an AES key wrapped with the RSA key, followed by the material wrapped with the
    // AES key.
    const auto rsa_bytes = static_cast<std::size_t>(EVP_PKEY_get_size(known->key.get()));
    if (wrapped.size() <= rsa_bytes) {
        return std::nullopt;
    }
    const auto aes_key = rsa_decrypt(known->key.get(), digest, wrapped.substr(0, rsa_bytes));
    return aes_key ? aes_unwrap(aes_key->reveal(), wrapped.substr(rsa_bytes)) : std::nullopt;
}

bool is_material_for(const KeySpecEntry& spec, std::string_view bytes) {
    constexpr std::size_t kSymmetricBytes = 32;
    constexpr std::array kHmacBytes{std::pair{std::string_view("HMAC_224"), std::size_t{28}},
                                    std::pair{std::string_view("HMAC_256"), std::size_t{32}},
                                    std::pair{std::string_view("HMAC_384"), std::size_t{48}},
                                    std::pair{std::string_view("HMAC_512"), std::size_t{64}}};
    if (spec.name == "SYMMETRIC_DEFAULT") {
        return bytes.size() == kSymmetricBytes;
    }
    for (const auto& [name, size] : kHmacBytes) {
        if (name == spec.name) {
            return bytes.size() == size;
        }
    }
    const std::optional<KeyPair> pair = KeyPair::from_der(spec.name, bytes);
    return pair && pair->is_consistent();
}

}  // namespace keyferry::simulator
