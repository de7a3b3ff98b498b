// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace keyferry::io {

/// A contiguous queue of bytes that are appended at the end and consumed at the beginning. It grows
/// as needed and never shrinks; the caller must limit its size.
class FlatBuffer {
  public:
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    [[nodiscard]] std::string_view bytes() const noexcept {
        return {memory_.get() + begin_, end_ - begin_};
    }

    /// Returns space for at least `count` bytes after the last one.
    std::span<char> space(std::size_t count) {
        if (capacity_ - end_ < count) {
            make_room(count);
        }
        return {memory_.get() + end_, capacity_ - end_};
    }
    /// Appends the `count` bytes that were written to the start of space().
    void filled(std::size_t count) noexcept {
        assert(count <= capacity_ - end_);
        end_ += count;
    }
    /// Consumes the first `count` bytes.
    void taken(std::size_t count) noexcept {
        assert(count <= end_ - begin_);
        begin_ += count;
        if (begin_ == end_) {
            begin_ = 0;
            end_ = 0;
        }
    }

  private:
    void make_room(std::size_t count) {
        const std::size_t size = end_ - begin_;
        if (capacity_ - size < count) {
            const std::size_t capacity =
                2 * capacity_ > size + count ? 2 * capacity_ : size + count;
            auto larger = std::make_unique<char[]>(capacity);
            if (size != 0) {
                std::memcpy(larger.get(), memory_.get() + begin_, size);
            }
            memory_ = std::move(larger);
            capacity_ = capacity;
        } else {
            std::memmove(memory_.get(), memory_.get() + begin_, size);
        }
        begin_ = 0;
        end_ = size;
    }

    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace keyferry::io
