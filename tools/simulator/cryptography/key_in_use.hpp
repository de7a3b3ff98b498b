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

/// A key that a request may use, with one of its key materials.
struct KeyInUse {
    std::string arn;
    PackedKeyId id;
    const KeySpecEntry* spec = nullptr;  ///< never null
    KeyUsage usage = KeyUsage::encrypt_decrypt;
    KeyOrigin origin = KeyOrigin::aws_kms;
    std::string material_id;  ///< 64 hexadecimal digits
    KeyMaterialBytes material;
};

/// The usage and algorithm that a request requires from its key.
struct RequiredUse {
    KeyUsage usage = KeyUsage::encrypt_decrypt;
    std::string_view algorithm;  ///< one of the key's algorithms for this usage
};

/// The algorithm for all data keys, and the default for Encrypt, Decrypt and ReEncrypt.
inline constexpr std::string_view kSymmetricAlgorithm = "SYMMETRIC_DEFAULT";

/// Checks that the key has the usage and supports the algorithm (InvalidKeyUsageException), and
/// that the simulator implements its key spec (UnsupportedOperationException). `operation` is a
/// name such as "Encrypt". Does not read the key's material.
[[nodiscard]] std::optional<KmsRefusal> check_use(const KeyInUse& key,
                                                  const RequiredUse& required,
                                                  std::string_view operation);

/// The check for GetPublicKey, which supports all asymmetric keys regardless of their usage.
[[nodiscard]] std::optional<KmsRefusal> check_has_public_key(const KeyInUse& key);

/// A result, or the error response.
template <typename Result>
using Performed = std::variant<Result, KmsRefusal>;

}  // namespace keyferry::simulator
