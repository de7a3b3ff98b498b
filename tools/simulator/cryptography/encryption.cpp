// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cryptography/encryption.hpp"

#include "tools/simulator/cryptography/openssl_failure.hpp"
#include "tools/simulator/cryptography/openssl_handles.hpp"
#include "tools/simulator/cryptography/symmetric_ciphertext.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <utility>

namespace keyferry::simulator {

namespace {

std::string_view algorithm_of(const std::optional<std::string>& algorithm) {
    return algorithm ? std::string_view(*algorithm) : kSymmetricAlgorithm;
}

/// nullptr for SYMMETRIC_DEFAULT.
const EVP_MD* oaep_digest(std::string_view algorithm) {
    if (algorithm == "RSAES_OAEP_SHA_1") {
        return EVP_sha1();
    }
    return algorithm == "RSAES_OAEP_SHA_256" ? EVP_sha256() : nullptr;
}

KmsRefusal refusal_context_of_asymmetric_key() {
    return {io::KmsErrorCode::validation,  // KMS's message is unknown
            "An encryption context is not supported for asymmetric KMS keys."};
}

/// Prepares RSAES_OAEP; `init` is EVP_PKEY_encrypt_init or EVP_PKEY_decrypt_init.
Owned<EVP_PKEY_CTX> oaep_context(const KeyInUse& key,
                                 const EVP_MD* digest,
                                 int (*init)(EVP_PKEY_CTX*)) {
    Owned<EVP_PKEY_CTX> context(
        EVP_PKEY_CTX_new(key.material.pair.value().key().key.get(), nullptr));
    if (!context || init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) <= 0 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) <= 0 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) <= 0) {
        throw OpensslFailure("prepare RSAES_OAEP");
    }
    return context;
}

Performed<std::string> rsa_encrypted(const KeyInUse& key,
                                     std::string_view algorithm,
                                     std::string_view plaintext) {
    const EVP_MD* digest = oaep_digest(algorithm);
    const auto key_bytes =
        static_cast<std::size_t>(EVP_PKEY_get_size(key.material.pair.value().key().key.get()));
    const std::size_t bytes_max =
        key_bytes - 2 * static_cast<std::size_t>(EVP_MD_get_size(digest)) - 2;
    if (plaintext.size() > bytes_max) {
        return KmsRefusal(
            io::KmsErrorCode::validation,
            fmt::format("Algorithm {} and key spec {} cannot encrypt data larger than {} bytes.",
                        algorithm,
                        key.spec->name,
                        bytes_max));
    }
    const auto context = oaep_context(key, digest, EVP_PKEY_encrypt_init);
    std::string ciphertext(key_bytes, '\0');
    std::size_t size = ciphertext.size();
    if (EVP_PKEY_encrypt(
            context.get(), bytes_of(ciphertext), &size, bytes_of(plaintext), plaintext.size()) <=
        0) {
        throw OpensslFailure("encrypt with RSA");
    }
    ciphertext.resize(size);
    return ciphertext;
}

std::optional<io::Secret> rsa_decrypted(const KeyInUse& key,
                                        std::string_view algorithm,
                                        std::string_view ciphertext) {
    const auto context = oaep_context(key, oaep_digest(algorithm), EVP_PKEY_decrypt_init);
    const auto key_bytes =
        static_cast<std::size_t>(EVP_PKEY_get_size(key.material.pair.value().key().key.get()));
    std::string plaintext(key_bytes, '\0');
    std::size_t size = plaintext.size();
    const bool succeeded =
        EVP_PKEY_decrypt(
            context.get(), bytes_of(plaintext), &size, bytes_of(ciphertext), ciphertext.size()) > 0;
    io::Secret decrypted(std::string_view(plaintext).substr(0, size));
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return succeeded ? std::optional(std::move(decrypted)) : std::nullopt;
}

std::string sealed(const KeyInUse& key,
                   const io::Secret& plaintext,
                   const EncryptionContext& context) {
    return encrypted(key.material.bytes, {key.id, key.material_id}, plaintext.reveal(), context);
}

std::size_t data_key_bytes(const DataKeyRequest& request) {
    constexpr std::size_t kAes128Bytes = 16;
    constexpr std::size_t kAes256Bytes = 32;
    if (request.number_bytes) {
        return static_cast<std::size_t>(*request.number_bytes);
    }
    return request.key_spec == "AES_128" ? kAes128Bytes : kAes256Bytes;
}

/// Fills in all members except the plaintext, and returns the plaintext.
io::Secret make_data_key(const DataKeyRequest& request,
                         const KeyInUse& key,
                         DataKeyWithoutPlaintextResult& result) {
    io::Secret plaintext = random_secret(data_key_bytes(request));
    result.key_id = key.arn;
    result.key_material_id = key.material_id;
    result.ciphertext = sealed(key, plaintext, request.context);
    return plaintext;
}

/// Fills in all members except the private key, and returns the private key.
Performed<io::Secret> make_data_key_pair(const DataKeyPairRequest& request,
                                         const KeyInUse& key,
                                         DataKeyPairWithoutPlaintextResult& result) {
    if (!KeyPair::supports(request.key_pair_spec)) {
        return KmsRefusal(
            io::KmsErrorCode::unsupported_operation,
            fmt::format("The simulator does not generate {} key pairs.", request.key_pair_spec));
    }
    const KeyPair pair = KeyPair::generated(request.key_pair_spec);
    io::Secret private_key = pair.private_key_der();
    result.key_id = key.arn;
    result.key_material_id = key.material_id;
    result.key_pair_spec = request.key_pair_spec;
    result.public_key = pair.public_key_der();
    result.private_key_ciphertext = sealed(key, private_key, request.context);
    return private_key;
}

}  // namespace

KmsRefusal refusal_invalid_ciphertext() {
    return {io::KmsErrorCode::invalid_ciphertext, ""};  // KMS sends no message
}

RequiredUse required_use(const EncryptRequest& request) {
    return {KeyUsage::encrypt_decrypt, algorithm_of(request.algorithm)};
}

RequiredUse required_use(const DecryptRequest& request) {
    return {KeyUsage::encrypt_decrypt, algorithm_of(request.algorithm)};
}

RequiredUse required_use(const DataKeyRequest& /*request*/) {
    return {KeyUsage::encrypt_decrypt, kSymmetricAlgorithm};
}

RequiredUse required_use(const DataKeyPairRequest& /*request*/) {
    return {KeyUsage::encrypt_decrypt, kSymmetricAlgorithm};
}

Performed<EncryptResult> perform(const EncryptRequest& request, const KeyInUse& key) {
    EncryptResult result;
    result.key_id = key.arn;
    result.algorithm = algorithm_of(request.algorithm);
    if (!key.material.pair) {
        result.ciphertext = sealed(key, request.plaintext, request.context);
        return result;
    }
    if (!request.context.empty()) {
        return refusal_context_of_asymmetric_key();
    }
    auto ciphertext = rsa_encrypted(key, result.algorithm, request.plaintext.reveal());
    if (auto* refusal = std::get_if<KmsRefusal>(&ciphertext)) {
        return std::move(*refusal);
    }
    result.ciphertext = std::get<std::string>(std::move(ciphertext));
    return result;
}

Performed<DecryptResult> perform(const DecryptRequest& request, const KeyInUse& key) {
    DecryptResult result;
    result.key_id = key.arn;
    result.algorithm = algorithm_of(request.algorithm);
    if (key.material.pair && !request.context.empty()) {
        return refusal_context_of_asymmetric_key();
    }
    auto plaintext = key.material.pair
                         ? rsa_decrypted(key, result.algorithm, request.ciphertext)
                         : decrypted(key.material.bytes, request.ciphertext, request.context);
    if (!plaintext) {
        return refusal_invalid_ciphertext();
    }
    result.plaintext = *std::move(plaintext);
    if (!key.material.pair) {
        result.key_material_id = key.material_id;
    }
    return result;
}

Performed<DataKeyResult> perform(const GenerateDataKeyRequest& request, const KeyInUse& key) {
    DataKeyResult result;
    result.plaintext = make_data_key(request, key, result);
    return result;
}

Performed<DataKeyWithoutPlaintextResult> perform(
    const GenerateDataKeyWithoutPlaintextRequest& request, const KeyInUse& key) {
    DataKeyWithoutPlaintextResult result;
    make_data_key(request, key, result);
    return result;
}

Performed<DataKeyPairResult> perform(const GenerateDataKeyPairRequest& request,
                                     const KeyInUse& key) {
    DataKeyPairResult result;
    auto private_key = make_data_key_pair(request, key, result);
    if (auto* refusal = std::get_if<KmsRefusal>(&private_key)) {
        return std::move(*refusal);
    }
    result.private_key = std::get<io::Secret>(std::move(private_key));
    return result;
}

Performed<DataKeyPairWithoutPlaintextResult> perform(
    const GenerateDataKeyPairWithoutPlaintextRequest& request, const KeyInUse& key) {
    DataKeyPairWithoutPlaintextResult result;
    auto private_key = make_data_key_pair(request, key, result);
    if (auto* refusal = std::get_if<KmsRefusal>(&private_key)) {
        return std::move(*refusal);
    }
    return result;
}

io::Secret random_secret(std::size_t bytes) {
    std::string random(bytes, '\0');
    if (RAND_priv_bytes(bytes_of(random), static_cast<int>(bytes)) <= 0) {
        throw OpensslFailure("generate random numbers");
    }
    return io::Secret::take(random);
}

}  // namespace keyferry::simulator
