// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cryptography/import_wrapping.hpp"

#include "tools/simulator/cryptography/openssl_handles.hpp"

#include <openssl/rsa.h>

#include <array>
#include <cstddef>
#include <utility>

namespace keyferry::simulator {

namespace {

bool is_wrapping_spec(std::string_view spec) {
    return spec == "RSA_2048" || spec == "RSA_3072" || spec == "RSA_4096";
}

/// A buffer for unwrapped material. It is wiped completely, including the bytes after the material
/// and after a failure.
class WipedBuffer {
  public:
    explicit WipedBuffer(std::size_t size) : bytes_(size, '\0') {}
    ~WipedBuffer() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
    WipedBuffer(const WipedBuffer&) = delete;
    WipedBuffer& operator=(const WipedBuffer&) = delete;

    unsigned char* data() { return bytes_of(bytes_); }
    /// Copies the first `size` bytes.
    [[nodiscard]] io::Secret first(std::size_t size) const {
        return io::Secret(std::string_view(bytes_).substr(0, size));
    }

  private:
    std::string bytes_;
};

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
    WipedBuffer plain(size);
    if (EVP_PKEY_decrypt(context.get(), plain.data(), &size, bytes_of(bytes), bytes.size()) <= 0) {
        return std::nullopt;
    }
    return plain.first(size);
}

/// Unwraps an AES-wrapped key with padding (RFC 5649).
std::optional<io::Secret> aes_unwrap(std::string_view key, std::string_view bytes) {
    constexpr std::size_t kKeyBytes = 32;
    const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
    if (!context || key.size() != kKeyBytes) {
        return std::nullopt;
    }
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    WipedBuffer plain(bytes.size());
    int size = 0;
    if (EVP_DecryptInit_ex(
            context.get(), EVP_aes_256_wrap_pad(), nullptr, bytes_of(key), nullptr) <= 0 ||
        EVP_DecryptUpdate(
            context.get(), plain.data(), &size, bytes_of(bytes), static_cast<int>(bytes.size())) <=
            0) {
        return std::nullopt;
    }
    return plain.first(static_cast<std::size_t>(size));
}

}  // namespace

const KeyPair* WrappingKeys::pair(std::string_view spec) const {
    const auto known = pairs_.find(spec);
    return known == pairs_.end() ? nullptr : &known->second;
}

std::optional<std::string> WrappingKeys::public_key(std::string_view spec) {
    if (!is_wrapping_spec(spec)) {
        return std::nullopt;
    }
    if (pair(spec) == nullptr) {
        pairs_.emplace(std::string(spec), KeyPair::generated(spec));
    }
    return pair(spec)->public_key_der();
}

std::optional<io::Secret> WrappingKeys::private_key(std::string_view spec) const {
    const KeyPair* known = pair(spec);
    return known != nullptr ? std::optional(known->private_key_der()) : std::nullopt;
}

bool WrappingKeys::restore(std::string_view spec, std::string_view private_key) {
    auto restored = is_wrapping_spec(spec) ? KeyPair::from_der(spec, private_key) : std::nullopt;
    if (restored) {
        pairs_.insert_or_assign(std::string(spec), *std::move(restored));
    }
    return restored.has_value();
}

std::optional<io::Secret> WrappingKeys::unwrap(std::string_view spec,
                                               std::string_view algorithm,
                                               std::string_view wrapped) const {
    const KeyPair* known = pair(spec);
    if (known == nullptr) {
        return std::nullopt;
    }
    EVP_PKEY* const key = known->key().key.get();
    const EVP_MD* digest = ends_with(algorithm, "_SHA_1") ? EVP_sha1() : EVP_sha256();
    if (algorithm.substr(0, 5) == "RSAES") {
        return rsa_decrypt(key, digest, wrapped);
    }
    // `wrapped` is an AES key wrapped with the RSA key, followed by the material wrapped with the
    // AES key.
    const auto rsa_bytes = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    if (wrapped.size() <= rsa_bytes) {
        return std::nullopt;
    }
    const auto aes_key = rsa_decrypt(key, digest, wrapped.substr(0, rsa_bytes));
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
