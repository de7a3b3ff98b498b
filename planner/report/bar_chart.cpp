// SPDX-License-Identifier: Apache-2.0
#include "planner/report/bar_chart.hpp"

#include "planner/text/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace keyferry::planner {

namespace {

// Pixels.
constexpr int kRowHeight = 40;
constexpr int kTextBaseline = 14;
constexpr int kBarTop = 20;
constexpr int kBarHeight = 12;
constexpr int kMarksHeight = 24;
constexpr double kPieceWidthMin = 0.004;  // share of the width; keeps short segments visible

double percent(double share) {
    return std::clamp(share, 0.0, 1.0) * 100;
}

std::string row_svg(const BarRow& row, int top) {
    std::string svg =
        fmt::format(R"(<g><title>{0}: {1}</title><text x="0" y="{2}">{0}</text>)"
                    R"(<text x="100%" y="{2}" text-anchor="end" class="value">{1}</text>)"
                    R"(<rect x="0" y="{3}" width="100%" height="{4}" rx="3" class="track"/>)",
                    html_text(row.name),
                    html_text(row.value),
                    top + kTextBaseline,
                    top + kBarTop,
                    kBarHeight);
    for (const BarPiece& piece : row.pieces) {
        const double width = std::max(piece.to - piece.from, kPieceWidthMin);
        svg += fmt::format(
            R"(<rect x="{:.2f}%" y="{}" width="{:.2f}%" height="{}" rx="3" class="{}"/>)",
            percent(std::min(piece.from, 1 - kPieceWidthMin)),
            top + kBarTop,
            percent(width),
            kBarHeight,
            piece.style);
    }
    return svg + "</g>\n";
}

/// Draws the mark as a line on each bar, without crossing the texts above the bars, and its label
/// below the chart.
std::string mark_svg(const BarMark& mark, std::size_t rows) {
    const std::string_view anchor = mark.at < 0.1 ? "start" : mark.at > 0.9 ? "end" : "middle";
    std::string svg;
    for (std::size_t row = 0; row < rows; ++row) {
        const int top = static_cast<int>(row) * kRowHeight + kBarTop;
        svg += fmt::format(R"(<line x1="{0:.2f}%" x2="{0:.2f}%" y1="{1}" y2="{2}" class="{3}"/>)",
                           percent(mark.at),
                           top - 2,
                           top + kBarHeight + 2,
                           mark.is_limit ? "limit" : "tick");
    }
    return svg + fmt::format(R"(<text x="{:.2f}%" y="{}" text-anchor="{}" class="mark">{}</text>)"
                             "\n",
                             percent(mark.at),
                             static_cast<int>(rows) * kRowHeight + kTextBaseline,
                             anchor,
                             html_text(mark.text));
}

}  // namespace

std::string svg_of(const BarChart& chart) {
    const int bottom = static_cast<int>(chart.rows.size()) * kRowHeight;
    std::string svg = fmt::format(
        R"(<svg class="bars" width="100%" height="{0}" role="img" aria-labelledby="{1}-t {1}-d">)"
        R"(<title id="{1}-t">{2}</title><desc id="{1}-d">{3}</desc>)"
        "\n",
        bottom + (chart.marks.empty() ? 0 : kMarksHeight),
        chart.id,
        html_text(chart.title),
        html_text(chart.description));
    int top = 0;
    for (const BarRow& row : chart.rows) {
        svg += row_svg(row, top);
        top += kRowHeight;
    }
    for (const BarMark& mark : chart.marks) {
        svg += mark_svg(mark, chart.rows.size());
    }
    return svg + "</svg>\n";
}

}  // namespace keyferry::planner
