// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace keyferry::io {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of `bytes` in one go.
[[nodiscard]] Sha256Digest sha256(std::string_view bytes);

/// SHA-256 of bytes that come in pieces.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::string_view bytes);
    /// The digest of all bytes so far. May be called once; update() may not be called after it.
    Sha256Digest finish();

    /// Forgets what it has, also a finished digest, and goes on from where `other` (not finished)
    /// stands. For many texts that begin alike: their common beginning is hashed once.
    void continue_from(const Sha256& other);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// 64 lower-case hexadecimal digits, without allocating.
[[nodiscard]] std::array<char, 64> hex_digits(const Sha256Digest& digest) noexcept;

/// The same as a string.
[[nodiscard]] std::string hex(const Sha256Digest& digest);

}  // namespace keyferry::io
