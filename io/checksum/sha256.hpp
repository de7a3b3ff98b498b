#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace keyferry {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of `bytes` in one go.
Sha256Digest sha256(std::string_view bytes);

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

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// 64 lower-case hexadecimal digits.
std::string hex(const Sha256Digest& digest);

}  // namespace keyferry
