// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace keyferry::planner {

/// A segment of a bar. `from` and `to` are shares of the chart's width.
struct BarPiece {
    double from = 0;
    double to = 1;
    std::string style;  ///< CSS class of report_style.hpp
};

struct BarRow {
    std::string name;   ///< shown above the bar, on the left
    std::string value;  ///< shown above the bar, on the right; includes the unit
    std::vector<BarPiece> pieces;
};

/// A vertical line across all bars, with a label below the chart.
struct BarMark {
    double at = 0;  ///< share of the chart's width
    std::string text;
    bool is_limit = false;  ///< a limit, such as the share of a quota
};

/// Horizontal bars with a common scale, for example of a schedule, quota use or costs.
struct BarChart {
    std::string id;     ///< letters, digits and '-'; unique on the page
    std::string title;  ///< accessible name
    std::string description;
    std::vector<BarRow> rows;
    std::vector<BarMark> marks;  ///< in order; few enough to fit side by side on a phone
};

/// Returns the chart as inline SVG. It adapts to the available width without scaling the text:
/// positions are percentages of the width, not units of a viewBox, which would be scaled down on a
/// phone.
[[nodiscard]] std::string svg_of(const BarChart& chart);

}  // namespace keyferry::planner
