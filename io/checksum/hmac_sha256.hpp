// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/checksum/sha256.hpp"

#include <string_view>

namespace keyferry::io {

/// HMAC-SHA-256 (RFC 2104) for many messages with the same key and a common prefix. The hash states
/// after the key and the prefix are cached, so only the remaining bytes of each message have to be
/// hashed.
class HmacSha256 {
  public:
    /// `key` may have any length. It is not stored, but the cached state is as sensitive as the
    /// key.
    explicit HmacSha256(std::string_view key, std::string_view common_beginning = {});

    /// Returns the HMAC of common_beginning + `rest`.
    Sha256Digest of(std::string_view rest);

  private:
    Sha256 inner_;
    Sha256 outer_;
    Sha256 working_;
};

}  // namespace keyferry::io
