// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/values/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>

namespace keyferry::simulator {

namespace {

constexpr std::size_t kBytesOfGroup = 3;
constexpr std::size_t kCharactersOfGroup = 4;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string base64(std::string_view bytes) {
    const std::size_t groups = (bytes.size() + kBytesOfGroup - 1) / kBytesOfGroup;
    std::string text(groups * kCharactersOfGroup + 1,
                     '\0');  // plus the terminating zero that OpenSSL writes
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     bytes_of(bytes),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    const auto is_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
    };
    const std::size_t digits = std::min(text.find('='), text.size());
    const std::size_t padding = text.size() - digits;
    if (text.size() % kCharactersOfGroup != 0 || padding > 2 ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits), is_digit) ||
        text.substr(digits) != std::string_view("==").substr(0, padding)) {
        return std::nullopt;
    }
    std::string bytes(text.size() / kCharactersOfGroup * kBytesOfGroup, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     bytes_of(text),
                                     static_cast<int>(text.size()));
    if (size < 0) {
        return std::nullopt;
    }
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

}  // namespace keyferry::simulator
