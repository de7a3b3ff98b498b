// SPDX-License-Identifier: Apache-2.0
#include "io/aws/secret.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace keyferry::io {

Secret::Secret(std::string_view bytes)
    : bytes_(std::make_unique<char[]>(bytes.size())), size_bytes_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
}

Secret Secret::take(std::string& bytes) {
    Secret secret{std::string_view(bytes)};
    OPENSSL_cleanse(bytes.data(), bytes.size());
    bytes.clear();
    return secret;
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        bytes_ = std::move(other.bytes_);
        size_bytes_ = std::exchange(other.size_bytes_, 0);
    }
    return *this;
}

Secret::~Secret() {
    wipe();
}

void Secret::wipe() noexcept {
    OPENSSL_cleanse(bytes_.get(), size_bytes_);
}

}  // namespace keyferry::io
