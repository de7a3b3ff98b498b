// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/import_wrapping.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace keyferry::simulator {

namespace {

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

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

std::optional<std::string> rsa_decrypt(EVP_PKEY* key,
                                       const EVP_MD* digest,
                                       std::string_view bytes) {
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
    return plain;
}

/// Unwraps an AES-wrapped key with padding (RFC 5649).
std::optional<std::string> aes_unwrap(std::string_view key, std::string_view bytes) {
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
    return plain;
}

/// Whether the key has the type, and the length or curve, of a spec other than symmetric or HMAC.
bool is_key_of(std::string_view spec, const EVP_PKEY& key) {
    struct Curve {
        std::string_view spec;
        std::string_view group;  ///< OpenSSL's name
    };
    constexpr std::array kCurves{Curve{"ECC_NIST_P256", "prime256v1"},
                                 Curve{"ECC_NIST_P384", "secp384r1"},
                                 Curve{"ECC_NIST_P521", "secp521r1"},
                                 Curve{"ECC_SECG_P256K1", "secp256k1"}};
    const int type = EVP_PKEY_get_base_id(&key);
    if (const auto bits = bits_of(spec)) {
        return type == EVP_PKEY_RSA && static_cast<unsigned>(EVP_PKEY_get_bits(&key)) == *bits;
    }
    for (const Curve& curve : kCurves) {
        if (curve.spec == spec) {
            std::array<char, 64> name{};
            std::size_t size = 0;
            return type == EVP_PKEY_EC &&
                   EVP_PKEY_get_group_name(&key, name.data(), name.size(), &size) > 0 &&
                   std::string_view(name.data(), size) == curve.group;
        }
    }
    if (spec == "ECC_NIST_EDWARDS25519") {
        return type == EVP_PKEY_ED25519;
    }
    return type != EVP_PKEY_RSA;  // OpenSSL 3.0 does not know the types of the other specs
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
        throw std::runtime_error("OpenSSL cannot make an RSA key");
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
        throw std::runtime_error("OpenSSL cannot write a public key");
    }
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

std::optional<std::string> WrappingKeys::unwrap(std::string_view spec,
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
    return aes_key ? aes_unwrap(*aes_key, wrapped.substr(rsa_bytes)) : std::nullopt;
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
    const unsigned char* at = bytes_of(bytes);
    const Owned<EVP_PKEY> key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.size())));
    return key && is_key_of(spec.name, *key);
}

}  // namespace keyferry::simulator
