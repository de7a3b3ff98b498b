// SPDX-License-Identifier: Apache-2.0
#include "io/checksum/hmac_sha256.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

namespace keyferry::io {

namespace {

constexpr std::size_t kBlockBytes = 64;
using Block = std::array<char, kBlockBytes>;

void start_with_key(Sha256& hash, const Block& key, char pad) {
    Block block = key;
    for (char& byte : block) {
        byte = static_cast<char>(byte ^ pad);
    }
    hash.update({block.data(), block.size()});
    OPENSSL_cleanse(block.data(), block.size());
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key, std::string_view common_beginning) {
    constexpr char kInnerPad = 0x36;
    constexpr char kOuterPad = 0x5c;
    Block padded{};
    if (key.size() > padded.size()) {
        Sha256Digest digest = sha256(key);
        std::copy(digest.begin(), digest.end(), padded.begin());
        OPENSSL_cleanse(digest.data(), digest.size());
    } else {
        std::copy(key.begin(), key.end(), padded.begin());
    }
    start_with_key(inner_, padded, kInnerPad);
    start_with_key(outer_, padded, kOuterPad);
    OPENSSL_cleanse(padded.data(), padded.size());
    inner_.update(common_beginning);
}

Sha256Digest HmacSha256::of(std::string_view rest) {
    working_.continue_from(inner_);
    working_.update(rest);
    const Sha256Digest inner = working_.finish();
    working_.continue_from(outer_);
    working_.update({reinterpret_cast<const char*>(inner.data()), inner.size()});
    return working_.finish();
}

}  // namespace keyferry::io
