// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace keyferry::io {

/// Bytes that must not leak, such as a secret access key, a session token or the text of a
/// credentials file. They are wiped on destruction, can only be copied explicitly, and cannot be
/// printed with streams or fmt.
class Secret {
  public:
    Secret() noexcept = default;
    /// Copies `bytes`; the caller is responsible for wiping the original.
    explicit Secret(std::string_view bytes);
    /// Copies the bytes and wipes `bytes`.
    [[nodiscard]] static Secret take(std::string& bytes);

    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    [[nodiscard]] Secret copy() const { return Secret(reveal()); }
    [[nodiscard]] bool empty() const noexcept { return size_bytes_ == 0; }

    /// Returns the bytes, for signing and request headers. The view is valid as long as the bytes
    /// exist, even if they are moved to another Secret.
    [[nodiscard]] std::string_view reveal() const noexcept { return {bytes_.get(), size_bytes_}; }

  private:
    void wipe() noexcept;

    // This is not a std::string, since moving a short one leaves its bytes behind in the old
    // object.
    std::unique_ptr<char[]> bytes_;
    std::size_t size_bytes_ = 0;
};

}  // namespace keyferry::io
