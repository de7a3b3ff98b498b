// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/state/state_lines.hpp"

#include <span>

namespace keyferry::simulator {

bool StateLines::next(std::string_view& line) {
    constexpr std::size_t kReadBytes = std::size_t{1} << 20U;
    std::size_t searched = begin_;
    while (!error_) {
        const std::size_t end = buffer_.find('\n', searched);
        if (end != std::string::npos) {
            line = std::string_view(buffer_).substr(begin_, end - begin_);
            begin_ = end + 1;
            ++number_;
            return true;
        }
        buffer_.erase(0, begin_);
        begin_ = 0;
        searched = buffer_.size();
        if (searched > kLineBytesMax) {
            error_ = std::make_error_code(std::errc::file_too_large);
            return false;
        }
        buffer_.resize(searched + kReadBytes);
        std::size_t got = 0;
        error_ = file_.read(offset_, std::span(buffer_).subspan(searched), got);
        buffer_.resize(searched + got);
        offset_ += got;
        if (got == 0) {
            return false;
        }
    }
    return false;
}

}  // namespace keyferry::simulator
