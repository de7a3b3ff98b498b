// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cryptography/signing.hpp"

#include "tools/simulator/cryptography/openssl_failure.hpp"
#include "tools/simulator/cryptography/openssl_handles.hpp"

#include <fmt/format.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <utility>

namespace keyferry::simulator {

namespace {

/// Returns the hash named at the end of an algorithm's name.
const EVP_MD* digest_of(std::string_view algorithm) {
    constexpr std::size_t kBitsDigits = 3;
    const std::string_view bits = algorithm.substr(algorithm.size() - kBitsDigits);
    if (bits == "224") {
        return EVP_sha224();
    }
    if (bits == "384") {
        return EVP_sha384();
    }
    return bits == "512" ? EVP_sha512() : EVP_sha256();
}

bool is_pure_ed25519(std::string_view algorithm) {
    return algorithm == "ED25519_SHA_512";
}

/// Returns the bytes to sign: the digest of the message, or the message itself for Ed25519.
Performed<io::Secret> signed_bytes(const io::Secret& message,
                                   const std::optional<std::string>& message_type,
                                   const std::string& algorithm) {
    const std::string_view type = message_type ? std::string_view(*message_type) : "RAW";
    if (type == "EXTERNAL_MU" || (type == "DIGEST" && is_pure_ed25519(algorithm))) {
        return KmsRefusal(
            io::KmsErrorCode::validation,  // KMS's message is unknown
            fmt::format("Message type {} is incompatible with algorithm {}.", type, algorithm));
    }
    if (is_pure_ed25519(algorithm)) {
        return message.copy();
    }
    const EVP_MD* hash = digest_of(algorithm);
    const auto hash_bytes = static_cast<std::size_t>(EVP_MD_get_size(hash));
    if (type == "DIGEST") {
        if (message.reveal().size() != hash_bytes) {
            return KmsRefusal(io::KmsErrorCode::validation,
                              fmt::format("Digest is invalid length for algorithm {}.", algorithm));
        }
        return message.copy();
    }
    std::string digest(hash_bytes, '\0');
    if (EVP_Digest(message.reveal().data(),
                   message.reveal().size(),
                   bytes_of(digest),
                   nullptr,
                   hash,
                   nullptr) <= 0) {
        throw OpensslFailure("hash");
    }
    return io::Secret::take(digest);
}

bool is_padding_set(EVP_PKEY_CTX* context, const std::string& algorithm) {
    if (algorithm.substr(0, 6) == "ECDSA_") {
        return true;
    }
    const bool is_pss = algorithm.substr(0, 10) == "RSASSA_PSS";
    return EVP_PKEY_CTX_set_rsa_padding(context,
                                        is_pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) > 0 &&
           (!is_pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0);
}

/// Prepares RSASSA or ECDSA; `init` is EVP_PKEY_sign_init or EVP_PKEY_verify_init.
Owned<EVP_PKEY_CTX> signature_context(EVP_PKEY* key,
                                      const std::string& algorithm,
                                      int (*init)(EVP_PKEY_CTX*)) {
    Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key, nullptr));
    if (!context || init(context.get()) <= 0 || !is_padding_set(context.get(), algorithm) ||
        EVP_PKEY_CTX_set_signature_md(context.get(), digest_of(algorithm)) <= 0) {
        throw OpensslFailure("prepare a signature");
    }
    return context;
}

std::string signature_of(EVP_PKEY* key, const std::string& algorithm, std::string_view bytes) {
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    std::size_t size = signature.size();
    bool succeeded = false;
    if (is_pure_ed25519(algorithm)) {
        const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
        succeeded =
            context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) > 0 &&
            EVP_DigestSign(
                context.get(), bytes_of(signature), &size, bytes_of(bytes), bytes.size()) > 0;
    } else {
        const auto context = signature_context(key, algorithm, EVP_PKEY_sign_init);
        succeeded =
            EVP_PKEY_sign(
                context.get(), bytes_of(signature), &size, bytes_of(bytes), bytes.size()) > 0;
    }
    if (!succeeded) {
        throw OpensslFailure("sign");
    }
    signature.resize(size);
    return signature;
}

bool is_signature_valid(EVP_PKEY* key, const VerifyRequest& request, std::string_view bytes) {
    const std::string& signature = request.signature;
    if (is_pure_ed25519(request.algorithm)) {
        const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
        return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) > 0 &&
               EVP_DigestVerify(context.get(),
                                bytes_of(std::string_view(signature)),
                                signature.size(),
                                bytes_of(bytes),
                                bytes.size()) > 0;
    }
    const auto context = signature_context(key, request.algorithm, EVP_PKEY_verify_init);
    return EVP_PKEY_verify(context.get(),
                           bytes_of(std::string_view(signature)),
                           signature.size(),
                           bytes_of(bytes),
                           bytes.size()) > 0;
}

std::string mac_of(const KeyInUse& key, const std::string& algorithm, const io::Secret& message) {
    const std::string_view material = key.material.bytes.reveal();
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned int size = 0;
    if (HMAC(digest_of(algorithm),
             material.data(),
             static_cast<int>(material.size()),
             bytes_of(message.reveal()),
             message.reveal().size(),
             mac.data(),
             &size) == nullptr) {
        throw OpensslFailure("compute a MAC");
    }
    return {reinterpret_cast<const char*>(mac.data()), size};
}

EVP_PKEY* key_of(const KeyInUse& key) {
    return key.material.pair.value().key().key.get();
}

}  // namespace

RequiredUse required_use(const SignRequest& request) {
    return {KeyUsage::sign_verify, request.algorithm};
}

RequiredUse required_use(const VerifyRequest& request) {
    return {KeyUsage::sign_verify, request.algorithm};
}

RequiredUse required_use(const GenerateMacRequest& request) {
    return {KeyUsage::generate_verify_mac, request.algorithm};
}

RequiredUse required_use(const VerifyMacRequest& request) {
    return {KeyUsage::generate_verify_mac, request.algorithm};
}

RequiredUse required_use(const DeriveSharedSecretRequest& request) {
    return {KeyUsage::key_agreement, request.algorithm};
}

Performed<SignResult> perform(const SignRequest& request, const KeyInUse& key) {
    auto bytes = signed_bytes(request.message, request.message_type, request.algorithm);
    if (auto* refusal = std::get_if<KmsRefusal>(&bytes)) {
        return std::move(*refusal);
    }
    SignResult result;
    result.key_id = key.arn;
    result.algorithm = request.algorithm;
    result.signature =
        signature_of(key_of(key), request.algorithm, std::get<io::Secret>(bytes).reveal());
    return result;
}

Performed<VerifyResult> perform(const VerifyRequest& request, const KeyInUse& key) {
    auto bytes = signed_bytes(request.message, request.message_type, request.algorithm);
    if (auto* refusal = std::get_if<KmsRefusal>(&bytes)) {
        return std::move(*refusal);
    }
    if (!is_signature_valid(key_of(key), request, std::get<io::Secret>(bytes).reveal())) {
        return KmsRefusal(io::KmsErrorCode::other, "KMSInvalidSignatureException", "");
    }
    VerifyResult result;
    result.key_id = key.arn;
    result.algorithm = request.algorithm;
    return result;
}

Performed<GenerateMacResult> perform(const GenerateMacRequest& request, const KeyInUse& key) {
    GenerateMacResult result;
    result.key_id = key.arn;
    result.algorithm = request.algorithm;
    result.mac = mac_of(key, request.algorithm, request.message);
    return result;
}

Performed<VerifyMacResult> perform(const VerifyMacRequest& request, const KeyInUse& key) {
    const std::string mac = mac_of(key, request.algorithm, request.message);
    if (mac.size() != request.mac.size() ||
        CRYPTO_memcmp(mac.data(), request.mac.data(), mac.size()) != 0) {
        return KmsRefusal(io::KmsErrorCode::other, "KMSInvalidMacException", "");
    }
    VerifyMacResult result;
    result.key_id = key.arn;
    result.algorithm = request.algorithm;
    return result;
}

Performed<GetPublicKeyResult> perform(const GetPublicKeyRequest& /*request*/, const KeyInUse& key) {
    GetPublicKeyResult result;
    result.key_id = key.arn;
    result.public_key = key.material.pair.value().public_key_der();
    result.key_spec = key.spec->name;
    result.usage = key.usage;
    return result;
}

Performed<DeriveSharedSecretResult> perform(const DeriveSharedSecretRequest& request,
                                            const KeyInUse& key) {
    const unsigned char* at = bytes_of(std::string_view(request.public_key));
    const unsigned char* const end = at + request.public_key.size();
    const Owned<EVP_PKEY> peer(
        d2i_PUBKEY(nullptr, &at, static_cast<long>(request.public_key.size())));
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(key_of(key), nullptr));
    std::size_t size = 0;
    // Setting the peer's key also checks that it is on the same curve.
    if (!peer || at != end || !context || EVP_PKEY_derive_init(context.get()) <= 0 ||
        EVP_PKEY_derive_set_peer(context.get(), peer.get()) <= 0 ||
        EVP_PKEY_derive(context.get(), nullptr, &size) <= 0) {
        return KmsRefusal(
            io::KmsErrorCode::validation,  // KMS's message is unknown
            fmt::format("The public key is not valid for key spec {}.", key.spec->name));
    }
    std::string secret(size, '\0');
    if (EVP_PKEY_derive(context.get(), bytes_of(secret), &size) <= 0) {
        throw OpensslFailure("derive a shared secret");
    }
    secret.resize(size);
    DeriveSharedSecretResult result;
    result.key_id = key.arn;
    result.shared_secret = io::Secret::take(secret);
    result.algorithm = request.algorithm;
    result.origin = key.origin;
    return result;
}

}  // namespace keyferry::simulator
