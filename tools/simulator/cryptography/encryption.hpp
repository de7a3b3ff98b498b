// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/cryptography/key_in_use.hpp"
#include "tools/simulator/requests/cryptographic_requests.hpp"

#include <cstddef>
#include <string>
#include <string_view>

// Encryption, data keys and random numbers. The functions take a request and key material, and
// return bytes. The caller must first check the request, the key's state and, with check_use(), the
// key's usage. The functions throw OpensslFailure if OpenSSL fails. Ciphertexts and generated keys
// are random. They do not depend on the simulator's seed, so that no IV or data key is ever used
// twice.

namespace keyferry::simulator {

[[nodiscard]] RequiredUse required_use(const EncryptRequest& request);
[[nodiscard]] RequiredUse required_use(const DecryptRequest& request);
[[nodiscard]] RequiredUse required_use(const DataKeyRequest& request);
[[nodiscard]] RequiredUse required_use(const DataKeyPairRequest& request);

/// Encrypts with SYMMETRIC_DEFAULT or RSAES_OAEP. With RSA, the maximum plaintext length is the key
/// length minus twice the hash length minus 2 bytes, for example 190 bytes with RSA_2048 and
/// SHA-256. A longer plaintext or an encryption context results in a ValidationException (for an
/// encryption context, KMS's message is unknown).
[[nodiscard]] Performed<EncryptResult> perform(const EncryptRequest& request, const KeyInUse& key);

/// `key` must contain the key material that encrypted the ciphertext.
[[nodiscard]] Performed<DecryptResult> perform(const DecryptRequest& request, const KeyInUse& key);

[[nodiscard]] Performed<DataKeyResult> perform(const GenerateDataKeyRequest& request,
                                               const KeyInUse& key);
[[nodiscard]] Performed<DataKeyWithoutPlaintextResult> perform(
    const GenerateDataKeyWithoutPlaintextRequest& request, const KeyInUse& key);
[[nodiscard]] Performed<DataKeyPairResult> perform(const GenerateDataKeyPairRequest& request,
                                                   const KeyInUse& key);
[[nodiscard]] Performed<DataKeyPairWithoutPlaintextResult> perform(
    const GenerateDataKeyPairWithoutPlaintextRequest& request, const KeyInUse& key);

[[nodiscard]] io::Secret random_secret(std::size_t bytes);

/// The error for a ciphertext that is not valid or was created with another encryption context.
[[nodiscard]] KmsRefusal refusal_invalid_ciphertext();

}  // namespace keyferry::simulator
