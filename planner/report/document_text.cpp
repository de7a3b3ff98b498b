// SPDX-License-Identifier: Apache-2.0
#include "planner/report/document_text.hpp"

#include "io/names/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace keyferry::planner {

namespace {

constexpr std::size_t kColumnsMax = 96;

/// Returns the text of the first column of `table` and the columns [from, to).
std::string part_of(const ReportTable& table, std::size_t from, std::size_t to) {
    const auto picked = [&](const auto& all) {
        std::vector<std::decay_t<decltype(all.front())>> part{all.front()};
        part.insert(part.end(),
                    all.begin() + static_cast<std::ptrdiff_t>(from),
                    all.begin() + static_cast<std::ptrdiff_t>(to));
        return part;
    };
    TextTable text(picked(table.columns));
    for (const std::vector<std::string>& row : table.rows) {
        text.add_row(picked(row));
    }
    return text.text();
}

bool fits(std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        if (end > kColumnsMax) {
            return false;
        }
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return true;
}

/// Shows as many columns as fit. The other columns follow in further parts, and each part repeats
/// the first column.
std::string text_of(const ReportTable& table) {
    std::string text;
    std::size_t from = 1;
    do {
        std::size_t to = table.columns.size();
        std::string part = part_of(table, from, to);
        while (to > from + 1 && !fits(part)) {
            part = part_of(table, from, --to);
        }
        text.append(text.empty() ? "" : "\n").append(part);
        from = to;
    } while (from < table.columns.size());
    if (table.rows_left_out > 0) {
        text += fmt::format("  ... and {} more{}\n",
                            with_thousands(table.rows_left_out),
                            table.rest_listed_by.empty() ? "" : " (" + table.rest_listed_by + ")");
    }
    return text;
}

std::string text_of(const ReportProse& prose) {
    return wrapped("  ", prose.text, kColumnsMax);
}

std::string text_of(const Finding& finding) {
    const std::string indent(12, ' ');
    std::string text =
        wrapped(fmt::format("  {:<10}", name_of(finding.severity)), finding.text, kColumnsMax);
    for (const std::string& example : finding.examples) {
        text += fmt::format("{}- {}\n", indent, example);
    }
    if (!finding.advice.empty()) {
        text += wrapped(indent + "-> ", finding.advice, kColumnsMax);
    }
    return text;
}

std::string text_of(const ReportCode& code) {
    std::string text = "  " + code.title + "\n";
    std::string_view rest = code.text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        text.append("  ").append(rest.substr(0, end)).append("\n");
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return text;
}

std::string text_of(const ReportChecklist& list) {
    std::string text = wrapped("  ", list.title, kColumnsMax);
    for (const std::string& item : list.items) {
        text += wrapped("  [ ] ", item, kColumnsMax);
    }
    return text;
}

}  // namespace

std::string document_text(const ReportDocument& document) {
    std::string text = document.title + "\n";
    for (const std::string& line : document.headline) {
        text.append("  ").append(line).append("\n");
    }
    for (const ReportFact& fact : document.facts) {
        text += fmt::format(
            "  {:<{}}  {}\n", fact.name, kFactNameColumns, io::terminal_line(fact.value));
    }
    for (const ReportSection& section : document.sections) {
        text.append("\n").append(section.title).append("\n");
        for (const ReportBlock& block : section.blocks) {
            text += std::visit([](const auto& content) { return text_of(content); }, block);
        }
    }
    return text;
}

}  // namespace keyferry::planner
