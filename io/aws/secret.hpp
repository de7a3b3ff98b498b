// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace keyferry::io {

/// Bytes that nobody may read by accident: a secret access key, a session token, the text of a
/// credentials file. They are wiped when the Secret goes; copying takes a call that says so; there
/// is no way to print one, in a stream or with fmt.
class Secret {
  public:
    Secret() noexcept = default;
    /// Copies `bytes`; wiping the original is up to its owner.
    explicit Secret(std::string_view bytes);
    /// Takes the bytes over and wipes `bytes`.
    [[nodiscard]] static Secret take(std::string& bytes);

    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    [[nodiscard]] Secret copy() const { return Secret(reveal()); }
    [[nodiscard]] bool empty() const noexcept { return size_bytes_ == 0; }

    /// The bytes themselves, for signing and for request heads. Valid while the Secret lives, also
    /// across a move.
    [[nodiscard]] std::string_view reveal() const noexcept { return {bytes_.get(), size_bytes_}; }

  private:
    void wipe() noexcept;

    // Not a std::string: moving a short one leaves its bytes behind in the old object.
    std::unique_ptr<char[]> bytes_;
    std::size_t size_bytes_ = 0;
};

}  // namespace keyferry::io
