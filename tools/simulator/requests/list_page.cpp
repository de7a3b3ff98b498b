// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/requests/list_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace keyferry::simulator {

namespace {

std::optional<std::size_t> position_of(std::string_view prefix, std::string_view marker) {
    if (marker.substr(0, prefix.size()) != prefix) {
        return std::nullopt;
    }
    marker.remove_prefix(prefix.size());
    std::size_t position = 0;
    const char* const end = marker.data() + marker.size();
    const auto [rest, error] = std::from_chars(marker.data(), end, position);
    if (error != std::errc{} || rest != end) {
        return std::nullopt;
    }
    return position;
}

}  // namespace

std::variant<ListPage, KmsRefusal> page_of(std::string_view prefix,
                                           std::size_t entries,
                                           std::size_t limit,
                                           const std::optional<std::string>& marker) {
    const std::optional<std::size_t> begin = marker ? position_of(prefix, *marker) : 0;
    if (!begin || *begin > entries) {
        return KmsRefusal(io::KmsErrorCode::invalid_marker,
                          "Invalid marker.");  // KMS's message is unknown
    }
    ListPage page;
    page.begin = *begin;
    page.end = *begin + std::min(limit, entries - *begin);
    if (page.end < entries) {
        page.next_marker = fmt::format("{}{}", prefix, page.end);
    }
    return page;
}

}  // namespace keyferry::simulator
