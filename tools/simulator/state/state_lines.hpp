// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/append_file.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::simulator {

/// Reads a file line by line.
class StateLines {
  public:
    /// Enough for the longest record: one key with all its Regions, each with a policy of up to 32
    /// KiB.
    static constexpr std::size_t kLineBytesMax = std::size_t{128} << 20U;

    /// `file` must outlive this.
    explicit StateLines(io::AppendFile& file) : file_(file) {}

    /// Returns false at the end, or if an error occurred (EFBIG for a line that is too long). The
    /// line, without its newline, is valid until the next call. A last line without a newline is
    /// skipped.
    [[nodiscard]] bool next(std::string_view& line);

    [[nodiscard]] const std::error_code& error() const noexcept { return error_; }

    /// The number of the last line; the first is 1.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

    /// Whether the file ends with a line that has no newline; valid after next() returned false.
    [[nodiscard]] bool is_torn() const noexcept { return begin_ < buffer_.size(); }

  private:
    io::AppendFile& file_;
    std::string buffer_;
    std::size_t begin_ = 0;  ///< start of the next line in the buffer
    std::uint64_t offset_ = 0;
    std::uint64_t number_ = 0;
    std::error_code error_;
};

}  // namespace keyferry::simulator
