// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace keyferry::engine {

/// Consumes canonical JSON from front to back. Every take function returns false if the expected
/// input is missing; the cursor must not be used after that.
class JournalCursor {
  public:
    explicit JournalCursor(std::string_view rest) noexcept : rest_(rest) {}

    [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return rest_.size(); }

    /// Unlike the other functions, leaves the cursor usable and unchanged if the input does not
    /// start with `text`.
    template <std::size_t size_with_zero>
    bool take(const char (&text)[size_with_zero]) noexcept {
        // Since the length is a constant, the compiler emits a few comparisons instead of a call.
        constexpr std::size_t kLength = size_with_zero - 1;
        if (rest_.size() < kLength || std::memcmp(rest_.data(), text, kLength) != 0) {
            return false;
        }
        rest_.remove_prefix(kLength);
        return true;
    }

    bool take(std::string_view text) noexcept {
        if (!rest_.starts_with(text)) {
            return false;
        }
        rest_.remove_prefix(text.size());
        return true;
    }

    bool take_number(std::uint64_t& value) noexcept {
        constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
        constexpr std::size_t kNeverTooLarge = std::numeric_limits<std::uint64_t>::digits10;
        value = 0;
        std::size_t length = 0;
        while (length < rest_.size() && rest_[length] >= '0' && rest_[length] <= '9') {
            const auto digit = static_cast<std::uint64_t>(rest_[length] - '0');
            if (length >= kNeverTooLarge && value > (kMax - digit) / 10) {
                return false;
            }
            value = value * 10 + digit;
            ++length;
        }
        const bool leading_zero = length > 1 && rest_[0] == '0';
        rest_.remove_prefix(length);
        return length > 0 && !leading_zero;
    }

    /// Takes the rest of a string, from after its opening quote through its closing quote.
    bool take_text(std::string_view& raw) noexcept {
        std::size_t end = rest_.find('"');
        while (end != std::string_view::npos && is_escaped(end)) {
            end = rest_.find('"', end + 1);
        }
        if (end == std::string_view::npos) {
            return false;
        }
        raw = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return true;
    }

    bool take_fixed(std::size_t length, std::string_view& raw) noexcept {
        if (rest_.size() < length) {
            return false;
        }
        raw = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return true;
    }

  private:
    /// Whether an odd number of backslashes precedes the quote at `at`.
    [[nodiscard]] bool is_escaped(std::size_t at) const noexcept {
        std::size_t backslashes = 0;
        while (backslashes < at && rest_[at - backslashes - 1] == '\\') {
            ++backslashes;
        }
        return backslashes % 2 == 1;
    }

    std::string_view rest_;
};

}  // namespace keyferry::engine
