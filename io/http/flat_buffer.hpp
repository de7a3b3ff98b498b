// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace keyferry::io {

/// Bytes in one piece, put in at the end and taken out at the beginning. Grows as needed and never
/// shrinks; whoever fills it sets the bound.
class FlatBuffer {
  public:
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    [[nodiscard]] std::string_view bytes() const noexcept {
        return {memory_.get() + begin_, end_ - begin_};
    }

    /// Room for at least `count` bytes behind the last one.
    std::span<char> space(std::size_t count) {
        if (capacity_ - end_ < count) {
            make_room(count);
        }
        return {memory_.get() + end_, capacity_ - end_};
    }
    /// `count` bytes were written at the beginning of space().
    void filled(std::size_t count) noexcept {
        assert(count <= capacity_ - end_);
        end_ += count;
    }
    /// The first `count` bytes are not needed any more.
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
