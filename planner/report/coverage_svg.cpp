// SPDX-License-Identifier: Apache-2.0
#include "planner/report/coverage_svg.hpp"

#include "io/names/utf8.hpp"
#include "planner/text/html_text.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace keyferry::planner {

namespace {

/// How an action is drawn.
struct ActionSymbol {
    JobAction action;
    std::string_view shape;  // SVG path in a 16 x 16 square, stroked
    std::string_view meaning;
};
/// Most severe first: a cell with several actions shows the first of them.
constexpr std::array<ActionSymbol, kJobActions> kSymbols{{
    {JobAction::blocked, "M4 4 L12 12 M12 4 L4 12", "blocked by the primary"},
    {JobAction::unusable, "M8 3 V9 M8 12 V13", "unusable"},
    {JobAction::sync, "M3 6 H13 M3 10 H13 M11 3 L5 13", "differs from the spec"},
    {JobAction::create, "M8 3 V13 M3 8 H13", "to create"},
    {JobAction::exists, "M3 8 L7 12 L13 4", "exists"},
}};
constexpr std::string_view kPrimaryShape = "M8 2 L14 8 L8 14 L2 8 Z";
constexpr std::string_view kExtraShape = "M8 4 A4 4 0 1 0 8.01 4";

/// Cell size in pixels.
struct Sizes {
    int cell_width;
    int cell_height;
};
constexpr Sizes kOfKeys{40, 30};
constexpr Sizes kOfCounts{84, 52};
constexpr int kGap = 3;
constexpr int kLetterWidth = 8;  // width of a letter in headings, for wide fonts
constexpr std::size_t kHeadingCharactersMax = 22;

/// The most severe action in `cell`; null if it has none.
const ActionSymbol* symbol_of(const CoverageCell& cell) {
    const auto symbol =
        std::find_if(kSymbols.begin(), kSymbols.end(), [&](const ActionSymbol& candidate) {
            return cell.actions.of(candidate.action) > 0;
        });
    return symbol == kSymbols.end() ? nullptr : &*symbol;
}

std::string use_shape(std::string_view name, int x, int y) {
    return fmt::format(
        R"(<use href="#shape-{}" x="{}" y="{}" width="16" height="16"/>)", name, x, y);
}

/// "3 create, 1 exists"
std::string meaning_of(const CoverageCell& cell) {
    std::string text;
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", with_thousands(count), what);
        }
    };
    add(cell.primaries, "primary");
    for (const ActionSymbol& symbol : kSymbols) {
        add(cell.actions.of(symbol.action), name_of(symbol.action));
    }
    add(cell.extras, "not in the spec");
    return text.empty() ? "none" : text;
}

/// Returns a bar along the lower edge of a cell, with one coloured part per action.
std::string shares_svg(const CoverageCell& cell, int x, int y, int width) {
    std::string svg;
    const auto total = static_cast<double>(cell.actions.total());
    double from = x;
    for (const ActionSymbol& symbol : kSymbols) {
        const auto count = static_cast<double>(cell.actions.of(symbol.action));
        if (count > 0) {
            const double piece = count / total * width;
            svg += fmt::format(R"(<rect x="{:.1f}" y="{}" width="{:.1f}" height="6" class="{}"/>)",
                               from,
                               y,
                               std::max(piece, 1.0),
                               name_of(symbol.action));
            from += piece;
        }
    }
    return svg;
}

std::string cell_svg(const Coverage& coverage, const CoverageCell& cell, int x, int y) {
    const bool is_key = coverage.rows_are == CoverageRows::keys;
    const Sizes& sizes = is_key ? kOfKeys : kOfCounts;
    const int width = sizes.cell_width - kGap;
    const int height = sizes.cell_height - kGap;
    const ActionSymbol* symbol = symbol_of(cell);
    if (symbol == nullptr && cell.primaries == 0 && cell.extras == 0) {
        return fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" rx="4" class="none"/>)",
                           x,
                           y,
                           width,
                           height);
    }
    const std::string_view style = symbol != nullptr    ? name_of(symbol->action)
                                   : cell.primaries > 0 ? std::string_view("primary")
                                                        : std::string_view("extra");
    const std::string frame =
        fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" rx="4" class="{}{}"/>)",
                    x,
                    y,
                    width,
                    height,
                    is_key ? "" : "pale ",
                    style);
    if (is_key) {
        return frame + use_shape(style, x + (width - 16) / 2, y + (height - 16) / 2);
    }
    const std::uint64_t count = symbol != nullptr    ? cell.actions.of(symbol->action)
                                : cell.primaries > 0 ? cell.primaries
                                                     : cell.extras;
    const std::uint64_t total = std::max(count, cell.actions.total());
    std::string svg =
        frame + use_shape(style, x + 5, y + 7) +
        fmt::format(R"(<text x="{}" y="{}" text-anchor="end" class="count">{}</text>)",
                    x + width - 6,
                    y + 19,
                    with_thousands(count));
    if (total > count) {
        svg += fmt::format(R"(<text x="{}" y="{}" text-anchor="end" class="total">of {}</text>)",
                           x + width - 6,
                           y + 34,
                           with_thousands(total));
    }
    return svg + (symbol != nullptr ? shares_svg(cell, x + 4, y + height - 9, width - 8) : "");
}

std::string heading(const std::string& name) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (io::starts_character(name[i]) && ++characters > kHeadingCharactersMax) {
            return name.substr(0, i) + "\xe2\x80\xa6";
        }
    }
    return name;
}

/// Shortens key IDs to "mrk-1234abcd…90ab"; truncates other long names.
std::string short_name(const Coverage& coverage, const std::string& name) {
    return coverage.rows_are == CoverageRows::keys && name.size() > 20
               ? name.substr(0, 12) + "\xe2\x80\xa6" + name.substr(name.size() - 4)
               : heading(name);
}

/// The headings of the matrix on the page. Each has the text shown and the full name.
struct MatrixLayout {
    std::vector<std::pair<std::string, std::string>> down;
    std::vector<std::pair<std::string, std::string>> across;
    bool rows_go_down = true;
};

MatrixLayout layout_of(const Coverage& coverage) {
    MatrixLayout layout;
    layout.rows_go_down = coverage.rows.size() >= coverage.regions.size();
    auto& rows = layout.rows_go_down ? layout.down : layout.across;
    auto& regions = layout.rows_go_down ? layout.across : layout.down;
    for (const CoverageRow& row : coverage.rows) {
        rows.emplace_back(short_name(coverage, row.name), row.name);
    }
    for (const io::Region& region : coverage.regions) {
        regions.emplace_back(region.name(), region.name());
    }
    return layout;
}

int width_of(const std::vector<std::pair<std::string, std::string>>& headings) {
    std::size_t characters = 0;
    for (const auto& [shown, whole] : headings) {
        characters = std::max(characters, io::count_characters(shown));
    }
    return static_cast<int>(characters) * kLetterWidth + 12;
}

std::string headings_svg(const MatrixLayout& layout, const Sizes& sizes, int left, int top) {
    std::string svg;
    for (std::size_t a = 0; a < layout.across.size(); ++a) {
        const int x = left + static_cast<int>(a) * sizes.cell_width + sizes.cell_width / 2 + 3;
        svg += fmt::format(
            R"svg(<text transform="translate({},{}) rotate(-90)"><title>{}</title>{}</text>)svg",
            x,
            top - 8,
            html_text(layout.across[a].second),
            html_text(layout.across[a].first));
    }
    for (std::size_t d = 0; d < layout.down.size(); ++d) {
        const int y = top + static_cast<int>(d) * sizes.cell_height + sizes.cell_height / 2 + 3;
        svg += fmt::format(R"(<text x="{}" y="{}" text-anchor="end"><title>{}</title>{}</text>)",
                           left - 10,
                           y,
                           html_text(layout.down[d].second),
                           html_text(layout.down[d].first));
    }
    return svg + "\n";
}

}  // namespace

std::string action_shapes() {
    std::string svg = R"(<svg width="0" height="0" class="shapes" aria-hidden="true"><defs>)";
    const auto add = [&](std::string_view name, std::string_view path) {
        svg += fmt::format(
            R"(<symbol id="shape-{}" viewBox="0 0 16 16"><path d="{}"/></symbol>)", name, path);
    };
    for (const ActionSymbol& symbol : kSymbols) {
        add(name_of(symbol.action), symbol.shape);
    }
    add("primary", kPrimaryShape);
    add("extra", kExtraShape);
    return svg + "</defs></svg>\n";
}

std::string coverage_legend(const Coverage& coverage) {
    CoverageCell all;
    for (const CoverageRow& row : coverage.rows) {
        for (const CoverageCell& cell : row.cells) {
            all.primaries += cell.primaries;
            all.extras += cell.extras;
            for (const ActionSymbol& symbol : kSymbols) {
                all.actions.replicas.at(static_cast<std::size_t>(symbol.action)) +=
                    cell.actions.of(symbol.action);
            }
        }
    }
    std::string html = "<ul class=\"legend\">";
    const auto add = [&](std::uint64_t count, std::string_view name, std::string_view meaning) {
        if (count > 0) {
            html += fmt::format(R"(<li><svg class="key" width="22" height="22" aria-hidden="true">)"
                                R"(<rect width="22" height="22" rx="4" class="{0}"/>{1}</svg>)"
                                R"({2} <b>{3}</b></li>)",
                                name,
                                use_shape(name, 3, 3),
                                meaning,
                                with_thousands(count));
        }
    };
    add(all.primaries, "primary", "primary");
    for (const ActionSymbol& symbol : kSymbols) {
        add(all.actions.of(symbol.action), name_of(symbol.action), symbol.meaning);
    }
    add(all.extras, "extra", "not in the spec");
    return html + "</ul>\n";
}

std::string coverage_svg(const Coverage& coverage) {
    const Sizes& sizes = coverage.rows_are == CoverageRows::keys ? kOfKeys : kOfCounts;
    const MatrixLayout layout = layout_of(coverage);
    const int left = width_of(layout.down);
    const int top = width_of(layout.across);
    const int width = left + static_cast<int>(layout.across.size()) * sizes.cell_width;
    const int height = top + static_cast<int>(layout.down.size()) * sizes.cell_height;
    std::string svg = fmt::format(
        R"(<svg class="coverage" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" )"
        R"(aria-labelledby="coverage-t coverage-d"><title id="coverage-t">Coverage</title>)"
        R"(<desc id="coverage-d">{2} {3} in {4} Regions. Each cell shows the action.</desc>)"
        "\n",
        width,
        height,
        with_thousands(coverage.rows.size()),
        name_of(coverage.rows_are),
        coverage.regions.size());
    svg += headings_svg(layout, sizes, left, top);
    for (std::size_t d = 0; d < layout.down.size(); ++d) {
        for (std::size_t a = 0; a < layout.across.size(); ++a) {
            const CoverageCell& cell =
                layout.rows_go_down ? coverage.rows[d].cells[a] : coverage.rows[a].cells[d];
            const int x = left + static_cast<int>(a) * sizes.cell_width;
            const int y = top + static_cast<int>(d) * sizes.cell_height;
            svg += fmt::format("<g><title>{} / {}: {}</title>{}</g>\n",
                               html_text(layout.down[d].second),
                               html_text(layout.across[a].second),
                               meaning_of(cell),
                               cell_svg(coverage, cell, x, y));
        }
    }
    return svg + "</svg>\n";
}

}  // namespace keyferry::planner
