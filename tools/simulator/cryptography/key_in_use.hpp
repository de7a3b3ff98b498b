// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/cryptography/material_store.hpp"
#include "tools/simulator/requests/cryptographic_requests.hpp"
#include "tools/simulator/requests/key_specs.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"
#include "tools/simulator/values/packed_key_id.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace keyferry::simulator {

/// A key that may be used, with one of its materials.
struct KeyInUse {
    std::string arn;
    PackedKeyId id;
    const KeySpecEntry* spec = nullptr;  ///< never null
    KeyUsage usage = KeyUsage::encrypt_decrypt;
    KeyOrigin origin = KeyOrigin::aws_kms;
    std::string material_id;  ///< 64 hexadecimal digits
    KeyMaterialBytes material;
};

/// What a request needs of the key that it uses.
struct RequiredUse {
    KeyUsage usage = KeyUsage::encrypt_decrypt;
    std::string_view algorithm;  ///< one of the key's algorithms for this usage
};

/// The algorithm that Encrypt, Decrypt and ReEncrypt use by default and all data keys.
inline constexpr std::string_view kSymmetricAlgorithm = "SYMMETRIC_DEFAULT";

/// Checks that the key has the usage and the algorithm (InvalidKeyUsageException), and that the
/// simulator implements its key spec (UnsupportedOperationException). `operation` is "Encrypt".
/// Does not read the key's material.
[[nodiscard]] std::optional<KmsRefusal> check_use(const KeyInUse& key,
                                                  const RequiredUse& required,
                                                  std::string_view operation);

/// As above, without a usage: for GetPublicKey, which supports all asymmetric keys.
[[nodiscard]] std::optional<KmsRefusal> check_has_public_key(const KeyInUse& key);

/// A result, or the error response.
template <typename Result>
using Performed = std::variant<Result, KmsRefusal>;

}  // namespace keyferry::simulator
