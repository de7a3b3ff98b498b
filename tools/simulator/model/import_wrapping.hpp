// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/requests/key_specs.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// The key pairs with which key material is wrapped on its way into KMS. Real RSA: what AWS's
/// clients and OpenSSL wrap can be unwrapped here, and nothing else can.
///
/// One pair for each WrappingKeySpec, made when it is first needed (RSA_4096 takes a second), not
/// by the seed, and never the same in two runs.
class WrappingKeys {
  public:
    WrappingKeys();
    ~WrappingKeys();

    /// "RSA_2048", "RSA_3072" or "RSA_4096": the public key as DER; nothing for another spec.
    std::optional<std::string> public_key(std::string_view spec);

    /// The bytes that were wrapped with public_key(spec) by "RSAES_OAEP_SHA_1", "..._SHA_256",
    /// "RSA_AES_KEY_WRAP_SHA_1" or "..._SHA_256"; nothing where they cannot be unwrapped.
    std::optional<std::string> unwrap(std::string_view spec,
                                      std::string_view algorithm,
                                      std::string_view wrapped);

  private:
    struct Pair;
    Pair* pair(std::string_view spec);

    std::map<std::string, std::unique_ptr<Pair>, std::less<>> pairs_;
};

/// Whether unwrapped bytes can be the material of a key of this spec: 32 bytes for
/// SYMMETRIC_DEFAULT, the length of the hash for HMAC keys, a private key in PKCS #8 of the spec's
/// kind for the others (its curve or length is not looked at).
[[nodiscard]] bool is_material_for(const KeySpecEntry& spec, std::string_view bytes);

}  // namespace keyferry::simulator
