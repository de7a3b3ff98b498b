// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace keyferry::planner {

/// A piece of a bar, from and to as shares of the chart's width.
struct BarPiece {
    double from = 0;
    double to = 1;
    std::string style;  ///< class of report_style.hpp
};

struct BarRow {
    std::string name;   ///< above the bar, left
    std::string value;  ///< above the bar, right; with its unit
    std::vector<BarPiece> pieces;
};

/// A line across all bars, with a text below.
struct BarMark {
    double at = 0;  ///< share of the chart's width
    std::string text;
    bool is_limit = false;  ///< not to be crossed: a quota's share
};

/// Bars one below the other on one scale: a schedule, shares of quotas, costs.
struct BarChart {
    std::string id;     ///< of letters, digits and '-'; one of a kind on its page
    std::string title;  ///< what is shown, for those who cannot see it
    std::string description;
    std::vector<BarRow> rows;
    std::vector<BarMark> marks;  ///< in order, few enough to stand side by side on a phone
};

/// The chart as inline SVG. It takes the width it is given, with letters of one size: places are
/// shares of the width, not units of a viewBox that a phone would shrink.
[[nodiscard]] std::string svg_of(const BarChart& chart);

}  // namespace keyferry::planner
