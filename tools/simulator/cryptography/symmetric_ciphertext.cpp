// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cryptography/symmetric_ciphertext.hpp"

#include "tools/simulator/cryptography/openssl_failure.hpp"
#include "tools/simulator/cryptography/openssl_handles.hpp"

#include <openssl/rand.h>

#include <cstdint>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr char kVersion = 1;
constexpr std::size_t kKeyIdBytes = 16;
constexpr std::size_t kMaterialIdBytes = 32;
constexpr std::size_t kHeaderBytes = 2 + kKeyIdBytes + kMaterialIdBytes;
constexpr std::size_t kIvBytes = 12;
constexpr std::size_t kTagBytes = 16;

void append_number(std::uint64_t number, std::string& bytes) {
    constexpr unsigned kBitsOfByte = 8;
    for (unsigned bits = 64; bits > 0; bits -= kBitsOfByte) {
        bytes.push_back(static_cast<char>(number >> (bits - kBitsOfByte)));
    }
}

std::uint64_t number_in(std::string_view bytes) {
    constexpr unsigned kBitsOfByte = 8;
    std::uint64_t number = 0;
    for (const char byte : bytes) {
        number = (number << kBitsOfByte) | static_cast<unsigned char>(byte);
    }
    return number;
}

int digit_value(char digit) {
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

std::string header_of(const CiphertextOrigin& origin) {
    constexpr int kHexadecimal = 16;
    std::string header{kVersion, static_cast<char>(origin.key.multi_region)};
    append_number(origin.key.high, header);
    append_number(origin.key.low, header);
    for (std::size_t i = 0; i + 1 < origin.material_id.size(); i += 2) {
        header.push_back(static_cast<char>(digit_value(origin.material_id[i]) * kHexadecimal +
                                           digit_value(origin.material_id[i + 1])));
    }
    return header;
}

/// Serializes a context unambiguously: each string is preceded by its length.
std::string authenticated_data(std::string_view header, const EncryptionContext& context) {
    std::string data(header);
    for (const auto& [name, value] : context) {
        append_number(name.size(), data);
        data.append(name);
        append_number(value.size(), data);
        data.append(value);
    }
    return data;
}

/// Passes `from` through the cipher into `to`, after the authenticated data.
bool update(EVP_CIPHER_CTX* cipher,
            std::string_view authenticated,
            std::string_view from,
            std::string& to) {
    int size = 0;
    int final_size = 0;
    return EVP_CipherUpdate(cipher,
                            nullptr,
                            &size,
                            bytes_of(authenticated),
                            static_cast<int>(authenticated.size())) > 0 &&
           EVP_CipherUpdate(
               cipher, bytes_of(to), &size, bytes_of(from), static_cast<int>(from.size())) > 0 &&
           EVP_CipherFinal_ex(cipher, bytes_of(to) + size, &final_size) > 0;
}

}  // namespace

std::optional<CiphertextOrigin> ciphertext_origin(std::string_view ciphertext) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr unsigned kBitsOfDigit = 4;
    constexpr unsigned kLowDigit = 15;
    constexpr std::size_t kHalf = kKeyIdBytes / 2;
    if (ciphertext.size() <= kHeaderBytes + kIvBytes + kTagBytes || ciphertext[0] != kVersion ||
        static_cast<unsigned char>(ciphertext[1]) > 1) {
        return std::nullopt;
    }
    CiphertextOrigin origin;
    origin.key.multi_region = ciphertext[1] != 0;
    origin.key.high = number_in(ciphertext.substr(2, kHalf));
    origin.key.low = number_in(ciphertext.substr(2 + kHalf, kHalf));
    for (const char character : ciphertext.substr(2 + kKeyIdBytes, kMaterialIdBytes)) {
        const auto byte = static_cast<unsigned char>(character);
        origin.material_id.push_back(kDigits[byte >> kBitsOfDigit]);
        origin.material_id.push_back(kDigits[byte & kLowDigit]);
    }
    return origin;
}

std::string encrypted(const io::Secret& material,
                      const CiphertextOrigin& origin,
                      std::string_view plaintext,
                      const EncryptionContext& context) {
    std::string ciphertext = header_of(origin);
    const std::string authenticated = authenticated_data(ciphertext, context);
    std::string iv(kIvBytes, '\0');
    std::string tag(kTagBytes, '\0');
    std::string bytes(plaintext.size(), '\0');
    const Owned<EVP_CIPHER_CTX> cipher(EVP_CIPHER_CTX_new());
    if (!cipher || RAND_bytes(bytes_of(iv), static_cast<int>(iv.size())) <= 0 ||
        EVP_CipherInit_ex(cipher.get(),
                          EVP_aes_256_gcm(),
                          nullptr,
                          bytes_of(material.reveal()),
                          bytes_of(iv),
                          1) <= 0 ||
        !update(cipher.get(), authenticated, plaintext, bytes) ||
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag.data()) <= 0) {
        throw OpensslFailure("encrypt");
    }
    return ciphertext.append(iv).append(bytes).append(tag);
}

std::optional<io::Secret> decrypted(const io::Secret& material,
                                    std::string_view ciphertext,
                                    const EncryptionContext& context) {
    if (!ciphertext_origin(ciphertext)) {
        return std::nullopt;
    }
    const std::string authenticated =
        authenticated_data(ciphertext.substr(0, kHeaderBytes), context);
    const std::string_view iv = ciphertext.substr(kHeaderBytes, kIvBytes);
    std::string tag(ciphertext.substr(ciphertext.size() - kTagBytes));
    ciphertext.remove_prefix(kHeaderBytes + kIvBytes);
    ciphertext.remove_suffix(kTagBytes);
    std::string bytes(ciphertext.size(), '\0');
    const Owned<EVP_CIPHER_CTX> cipher(EVP_CIPHER_CTX_new());
    const bool succeeded =
        cipher &&
        EVP_CipherInit_ex(cipher.get(),
                          EVP_aes_256_gcm(),
                          nullptr,
                          bytes_of(material.reveal()),
                          bytes_of(iv),
                          0) > 0 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) > 0 &&
        update(cipher.get(), authenticated, ciphertext, bytes);
    io::Secret plaintext = io::Secret::take(bytes);  // wiped even if authentication fails
    return succeeded ? std::optional(std::move(plaintext)) : std::nullopt;
}

}  // namespace keyferry::simulator
