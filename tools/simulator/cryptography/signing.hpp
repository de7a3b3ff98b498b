// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/cryptography/key_in_use.hpp"
#include "tools/simulator/requests/cryptographic_requests.hpp"

// Signatures, MACs, public keys and key agreement. The functions take a request and key material,
// and return bytes. The caller must first check the request, the key's state and, with check_use(),
// the key's usage. The functions throw OpensslFailure if OpenSSL fails.

namespace keyferry::simulator {

[[nodiscard]] RequiredUse required_use(const SignRequest& request);
[[nodiscard]] RequiredUse required_use(const VerifyRequest& request);
[[nodiscard]] RequiredUse required_use(const GenerateMacRequest& request);
[[nodiscard]] RequiredUse required_use(const VerifyMacRequest& request);
[[nodiscard]] RequiredUse required_use(const DeriveSharedSecretRequest& request);

/// Signs a message, or its digest with MessageType DIGEST. Supports RSASSA with PKCS #1 v1.5 or PSS
/// padding (the salt is as long as the hash), ECDSA in DER, and Ed25519, which does not accept a
/// digest.
[[nodiscard]] Performed<SignResult> perform(const SignRequest& request, const KeyInUse& key);
/// Returns KMSInvalidSignatureException if the signature is not valid.
[[nodiscard]] Performed<VerifyResult> perform(const VerifyRequest& request, const KeyInUse& key);

[[nodiscard]] Performed<GenerateMacResult> perform(const GenerateMacRequest& request,
                                                   const KeyInUse& key);
/// Returns KMSInvalidMacException if the MAC is not valid.
[[nodiscard]] Performed<VerifyMacResult> perform(const VerifyMacRequest& request,
                                                 const KeyInUse& key);

[[nodiscard]] Performed<GetPublicKeyResult> perform(const GetPublicKeyRequest& request,
                                                    const KeyInUse& key);

/// The shared secret is the x coordinate of the shared point; no key derivation function is
/// applied. Returns ValidationException if the peer's key is not on the same curve (KMS's message
/// is unknown).
[[nodiscard]] Performed<DeriveSharedSecretResult> perform(const DeriveSharedSecretRequest& request,
                                                          const KeyInUse& key);

}  // namespace keyferry::simulator
