// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "tools/simulator/cryptography/key_pair.hpp"
#include "tools/simulator/requests/key_specs.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Key pairs for wrapping key material during import. They are real RSA keys, so material wrapped
/// by AWS's clients or OpenSSL can be unwrapped, and anything else is rejected.
///
/// There is one pair per WrappingKeySpec, generated on first use (RSA_4096 takes a second). The
/// pairs do not depend on the seed.
class WrappingKeys {
  public:
    /// The DER-encoded public key for "RSA_2048", "RSA_3072" or "RSA_4096"; nullopt for any other
    /// spec.
    std::optional<std::string> public_key(std::string_view spec);

    /// Unwraps bytes that were wrapped with public_key(spec), using "RSAES_OAEP_SHA_1",
    /// "..._SHA_256", "RSA_AES_KEY_WRAP_SHA_1" or "..._SHA_256". Returns nullopt on failure.
    std::optional<io::Secret> unwrap(std::string_view spec,
                                     std::string_view algorithm,
                                     std::string_view wrapped) const;

    /// Whether public_key(spec) has been generated or restored.
    [[nodiscard]] bool has(std::string_view spec) const { return pair(spec) != nullptr; }

    /// The private key in DER (PKCS #8); nullopt if there is no pair yet.
    [[nodiscard]] std::optional<io::Secret> private_key(std::string_view spec) const;

    /// Uses a pair of an earlier run, whose private_key() was saved. Returns false if it is not a
    /// private key of this spec.
    [[nodiscard]] bool restore(std::string_view spec, std::string_view private_key);

    /// All pairs, by spec.
    [[nodiscard]] const std::map<std::string, KeyPair, std::less<>>& pairs() const {
        return pairs_;
    }

  private:
    [[nodiscard]] const KeyPair* pair(std::string_view spec) const;

    std::map<std::string, KeyPair, std::less<>> pairs_;
};

/// Whether unwrapped bytes are valid key material for this spec: 32 bytes for SYMMETRIC_DEFAULT,
/// the hash length for HMAC keys, and for all other specs a consistent PKCS #8 private key of the
/// right type and size or curve.
[[nodiscard]] bool is_material_for(const KeySpecEntry& spec, std::string_view bytes);

}  // namespace keyferry::simulator
