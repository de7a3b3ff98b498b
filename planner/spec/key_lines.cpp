// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/key_lines.hpp"

#include <algorithm>

namespace keyferry::planner {

namespace {

std::string_view without_outer_space(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

void for_each_key_line(std::string_view text, const std::function<bool(const KeyLine&)>& visit) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
    }
    for (std::uint32_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::string_view key = without_outer_space(line.substr(0, line.find('#')));
        if (!key.empty()) {
            const auto column = static_cast<std::uint32_t>(key.data() - line.data() + 1);
            if (!visit(KeyLine{key, number, column})) {
                return;
            }
        }
    }
}

}  // namespace keyferry::planner
