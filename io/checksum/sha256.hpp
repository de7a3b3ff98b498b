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

/// Computes the SHA-256 of `bytes`.
[[nodiscard]] Sha256Digest sha256(std::string_view bytes);

/// Incremental SHA-256.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::string_view bytes);
    /// Returns the digest of all bytes so far. Can be called only once, and update() must not be
    /// called afterwards.
    Sha256Digest finish();

    /// Sets this object, even after finish(), to the state of `other`, for which finish() must not
    /// have been called. This way, the common prefix of many texts need only be hashed once.
    void continue_from(const Sha256& other);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Formats the digest as 64 lower-case hexadecimal digits, without allocating.
[[nodiscard]] std::array<char, 64> hex_digits(const Sha256Digest& digest) noexcept;

/// Formats the digest as 64 lower-case hexadecimal digits.
[[nodiscard]] std::string hex(const Sha256Digest& digest);

}  // namespace keyferry::io
