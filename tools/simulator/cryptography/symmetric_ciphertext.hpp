// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "tools/simulator/requests/cryptographic_requests.hpp"
#include "tools/simulator/values/packed_key_id.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// The key and the key material that encrypted a symmetric ciphertext.
struct CiphertextOrigin {
    PackedKeyId key;
    std::string material_id;  ///< 64 hexadecimal digits
};

/// Reads the IDs of the key and the key material from a ciphertext. Returns nullopt if the
/// simulator did not create it.
[[nodiscard]] std::optional<CiphertextOrigin> ciphertext_origin(std::string_view ciphertext);

// A ciphertext consists of a version byte, a byte that is 1 for multi-Region keys, the key ID (16
// bytes), the material ID (32 bytes), a random IV (12 bytes), the encrypted bytes and the tag (16
// bytes). The algorithm is AES-256-GCM. The bytes before the IV and the encryption context are also
// authenticated. KMS's format is not documented, but it also identifies the key.

/// Encrypts with 32 bytes of key material. Throws OpensslFailure if OpenSSL fails.
[[nodiscard]] std::string encrypted(const io::Secret& material,
                                    const CiphertextOrigin& origin,
                                    std::string_view plaintext,
                                    const EncryptionContext& context);

/// Returns nullopt if the ciphertext was modified, or if it was encrypted with other material or
/// another encryption context.
[[nodiscard]] std::optional<io::Secret> decrypted(const io::Secret& material,
                                                  std::string_view ciphertext,
                                                  const EncryptionContext& context);

}  // namespace keyferry::simulator
