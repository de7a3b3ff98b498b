// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

struct OpensslKey;

/// The private and the public key of an asymmetric KMS key or of a data key pair. Copies share the
/// key, which OpenSSL wipes when the last copy is destroyed.
class KeyPair {
  public:
    /// The number of seed bytes that derived() requires.
    static constexpr std::size_t kSeedBytes = 96;

    /// Whether keys of this key spec ("ECC_NIST_P256") can be generated and used. OpenSSL 3.0
    /// implements all KMS key specs except ML-DSA and ML-KEM. SM2 is not supported here.
    [[nodiscard]] static bool supports(std::string_view spec);

    /// Derives a key pair from `seed`, which must have kSeedBytes bytes. The same seed always gives
    /// the same key pair. RSA keys take seconds to derive, and depend on how the installed version
    /// of OpenSSL searches for primes. Throws OpensslFailure if OpenSSL fails. `spec` must be
    /// supported.
    [[nodiscard]] static KeyPair derived(std::string_view spec, const io::Secret& seed);

    /// Generates a random key pair; see derived() for the requirements.
    [[nodiscard]] static KeyPair generated(std::string_view spec);

    /// Reads a private key in DER (PKCS #8). Returns nullopt if it is not a key of this key spec:
    /// another type, curve or RSA length, another format, or more than one key.
    [[nodiscard]] static std::optional<KeyPair> from_der(std::string_view spec,
                                                         std::string_view der);

    /// Whether the components of the key are consistent: the public key matches the private key,
    /// and so on. KMS does not import inconsistent keys, and OpenSSL can fail when using them.
    [[nodiscard]] bool is_consistent() const;

    [[nodiscard]] std::string public_key_der() const;  ///< SubjectPublicKeyInfo
    [[nodiscard]] io::Secret private_key_der() const;  ///< PKCS #8

    [[nodiscard]] const OpensslKey& key() const { return *key_; }

  private:
    explicit KeyPair(std::shared_ptr<const OpensslKey> key) : key_(std::move(key)) {}

    std::shared_ptr<const OpensslKey> key_;  ///< never null
};

}  // namespace keyferry::simulator
