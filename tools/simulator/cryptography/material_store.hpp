// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "tools/simulator/cryptography/key_pair.hpp"
#include "tools/simulator/requests/key_specs.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Identifies one key material. Related multi-Region keys share their materials.
struct MaterialName {
    std::string_view account;
    std::string_view key_id;
    std::string_view material_id;  ///< 64 hexadecimal digits
    std::string_view spec;         ///< key spec: "HMAC_256"
    KeyOrigin origin = KeyOrigin::aws_kms;
};

/// Key material, ready to use: bytes for symmetric encryption and HMAC keys, a key pair for all
/// others.
struct KeyMaterialBytes {
    io::Secret bytes;
    std::optional<KeyPair> pair;
};

/// Whether the simulator can use key material of this key spec.
[[nodiscard]] bool is_usable_spec(std::string_view spec);

/// The key material of all keys, kept only in memory.
///
/// For keys with origin AWS_KMS, the material is derived from a seed and the material's name (HKDF
/// with SHA-256). It therefore does not need to be stored and is the same after a restart. Imported
/// material is kept until it is deleted. RSA keys are derived on first use. The last kRsaPairsMax
/// of them are cached, because a derivation takes seconds.
class MaterialStore {
  public:
    static constexpr std::size_t kRsaPairsMax = 1000;

    explicit MaterialStore(std::uint64_t seed) : seed_(seed) {}

    /// Stores imported key material, which must be valid for the key spec.
    void keep_imported(const std::string& material_id, io::Secret bytes);
    void forget_imported(const std::string& material_id) { imported_.erase(material_id); }

    /// Returns nullopt if the material was imported and its bytes are not in memory. The key spec
    /// must be usable. Throws OpensslFailure if OpenSSL fails.
    std::optional<KeyMaterialBytes> load(const MaterialName& name);

  private:
    [[nodiscard]] io::Secret derived_bytes(const MaterialName& name, std::size_t bytes) const;
    KeyPair derived_pair(const MaterialName& name);

    std::uint64_t seed_;
    std::map<std::string, io::Secret, std::less<>> imported_;  ///< by material ID
    std::map<std::string, KeyPair> rsa_pairs_;                 ///< by account and material ID
    std::deque<std::string> rsa_pairs_oldest_first_;
};

}  // namespace keyferry::simulator
