// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace keyferry::planner {

/// Returns the number of edits (insertion, deletion or substitution of one character, or a swap of
/// two adjacent ones) that turn `a` into `b`, capped at `limit` + 1.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// Returns the candidate closest to `text`, ignoring case, within two edits (one for words of up to
/// four characters). Empty if there is none.
[[nodiscard]] std::string_view nearest(std::string_view text,
                                       std::span<const std::string_view> candidates);

/// Returns " (did you mean 'x'?)", or an empty string if no candidate is close.
[[nodiscard]] std::string did_you_mean(std::string_view text,
                                       std::span<const std::string_view> candidates);

/// Returns " (did you mean 'eu-west-1'?)" if a known Region is one edit away from `text`, or an
/// empty string.
[[nodiscard]] std::string did_you_mean_region(std::string_view text);

}  // namespace keyferry::planner
