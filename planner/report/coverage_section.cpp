// SPDX-License-Identifier: Apache-2.0
#include "planner/report/coverage_section.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::planner {

namespace {

std::string cell_text(const CoverageCell& cell, bool is_key) {
    std::string text;
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) {
            text.append(text.empty() ? "" : ", ");
            text += is_key ? std::string(what) : fmt::format("{} {}", with_thousands(count), what);
        }
    };
    add(cell.primaries, "primary");
    for (std::size_t a = 0; a < kJobActions; ++a) {
        const auto action = static_cast<JobAction>(a);
        add(cell.actions.of(action), name_of(action));
    }
    add(cell.extras, "extra");
    return text.empty() ? "-" : text;
}

std::string_view heading_of(CoverageRows rows) {
    return rows == CoverageRows::keys     ? "key"
           : rows == CoverageRows::groups ? "group"
                                          : "primary Region";
}

}  // namespace

ReportSection coverage_section(const Coverage& coverage) {
    ReportTable table{fmt::format("Coverage of {} by Region", name_of(coverage.rows_are)),
                      {{std::string(heading_of(coverage.rows_are))}},
                      {},
                      0};
    for (const io::Region& region : coverage.regions) {
        table.columns.push_back({region.name()});
    }
    for (const CoverageRow& row : coverage.rows) {
        std::vector<std::string> cells{row.name};
        for (const CoverageCell& cell : row.cells) {
            cells.push_back(cell_text(cell, coverage.rows_are == CoverageRows::keys));
        }
        table.rows.push_back(std::move(cells));
    }
    ReportSection section{"coverage", "Coverage", {}};
    section.blocks.emplace_back(std::move(table));
    return section;
}

}  // namespace keyferry::planner
