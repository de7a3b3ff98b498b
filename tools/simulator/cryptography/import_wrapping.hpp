// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "tools/simulator/requests/key_specs.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Key pairs for wrapping key material during import. They are real RSA keys, so material wrapped
/// by AWS's clients or OpenSSL can be unwrapped, and anything else is rejected.
///
/// There is one pair per WrappingKeySpec, generated on first use (RSA_4096 takes a second). The
/// pairs do not depend on the seed and differ in every run.
class WrappingKeys {
  public:
    WrappingKeys();
    ~WrappingKeys();

    /// The DER-encoded public key for "RSA_2048", "RSA_3072" or "RSA_4096"; nullopt for any other
    /// spec.
    std::optional<std::string> public_key(std::string_view spec);

    /// Unwraps bytes that were wrapped with public_key(spec), using "RSAES_OAEP_SHA_1",
    /// "..._SHA_256", "RSA_AES_KEY_WRAP_SHA_1" or "..._SHA_256". Returns nullopt on failure.
    std::optional<io::Secret> unwrap(std::string_view spec,
                                     std::string_view algorithm,
                                     std::string_view wrapped);

  private:
    struct Pair;
    Pair* pair(std::string_view spec);

    std::map<std::string, std::unique_ptr<Pair>, std::less<>> pairs_;
};

/// Whether unwrapped bytes are valid key material for this spec: 32 bytes for SYMMETRIC_DEFAULT,
/// the hash length for HMAC keys, and for all other specs a consistent PKCS #8 private key of the
/// right type and size or curve.
[[nodiscard]] bool is_material_for(const KeySpecEntry& spec, std::string_view bytes);

}  // namespace keyferry::simulator
