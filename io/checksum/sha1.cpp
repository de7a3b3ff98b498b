// SPDX-License-Identifier: Apache-2.0
#include "io/checksum/sha1.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace keyferry::io {

std::string sha1_hex(std::string_view bytes) {
    std::array<unsigned char, 20> digest{};
    unsigned int size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("this machine's OpenSSL has no SHA-1");
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const unsigned char byte : digest) {
        hex.push_back(kDigits[byte >> 4U]);
        hex.push_back(kDigits[byte & 0xfU]);
    }
    return hex;
}

}  // namespace keyferry::io
