// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/checksum/sha256.hpp"

#include <string_view>

namespace keyferry::io {

/// HMAC-SHA-256 (RFC 2104) under one key of many messages that begin alike: the hash states after
/// the key and the common beginning are kept, so a message costs only what it has of its own.
class HmacSha256 {
  public:
    /// `key` of any length; it is not kept, but what is kept is as good as the key.
    explicit HmacSha256(std::string_view key, std::string_view common_beginning = {});

    /// The code of the message common_beginning + `rest`.
    Sha256Digest of(std::string_view rest);

  private:
    Sha256 inner_;
    Sha256 outer_;
    Sha256 working_;
};

}  // namespace keyferry::io
