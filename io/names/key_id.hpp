// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace keyferry::io {

/// The ID of a multi-Region key: "mrk-" followed by 32 lower-case hexadecimal digits. All related
/// keys (a primary and its replicas) have the same ID. The IDs of single-Region keys are UUIDs.
/// There is no type for them, because single-Region keys can never be replicated.
class KeyId {
  public:
    /// Accepts "mrk-" and 32 hexadecimal digits. For a UUID, an alias or an ARN, the error explains
    /// what to write instead.
    [[nodiscard]] static Parsed<KeyId> parse(std::string_view text);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    friend bool operator==(const KeyId&, const KeyId&) = default;
    friend auto operator<=>(const KeyId&, const KeyId&) = default;

  private:
    explicit KeyId(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace keyferry::io
