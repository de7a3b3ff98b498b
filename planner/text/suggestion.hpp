// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace keyferry::planner {

/// The steps (one character put in, left out or changed, or two neighbours swapped) from `a` to
/// `b`; at most `limit` + 1 is told.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The candidate that `text` was probably meant to be: the nearest one, in other case or at most
/// two steps (one for short words) away. Empty when none is near.
[[nodiscard]] std::string_view nearest(std::string_view text,
                                       std::span<const std::string_view> candidates);

/// ", did you mean 'x'?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view text,
                                       std::span<const std::string_view> candidates);

/// ", did you mean 'eu-west-1'?" where a known Region is one step from `text`, or nothing.
[[nodiscard]] std::string did_you_mean_region(std::string_view text);

}  // namespace keyferry::planner
