// SPDX-License-Identifier: Apache-2.0
#include "planner/text/text_table.hpp"

#include "io/names/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

namespace keyferry::planner {

namespace {

/// Approximates the display width by the number of code points, without width tables.
std::size_t width_of(std::string_view text) {
    return io::count_characters(text);
}

bool is_sha256(std::string_view text) {
    constexpr std::size_t kDigits = 64;
    return text.size() == kDigits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string cut(std::string text, std::size_t characters_max) {
    if (width_of(text) <= characters_max || is_sha256(text)) {
        return text;
    }
    constexpr std::string_view kMark = "...";
    std::size_t characters = 0;
    std::size_t end = 0;
    for (; end < text.size(); ++end) {
        if (io::starts_character(text[end]) && ++characters > characters_max - kMark.size()) {
            break;
        }
    }
    text.resize(end);
    return text.append(kMark);
}

}  // namespace

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {
    std::vector<std::string> titles;
    for (const Column& column : columns_) {
        titles.push_back(column.title);
    }
    rows_.push_back(std::move(titles));
}

void TextTable::add_row(std::vector<std::string> cells) {
    assert(cells.size() == columns_.size());
    for (std::size_t c = 0; c < cells.size(); ++c) {
        cells[c] = cut(std::move(cells[c]), columns_[c].characters_max);
    }
    rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
    std::vector<std::size_t> widths(columns_.size());
    for (const auto& row : rows_) {
        for (std::size_t c = 0; c < row.size(); ++c) {
            widths[c] = std::max(widths[c], width_of(row[c]));
        }
    }
    std::string out;
    for (const auto& row : rows_) {
        for (std::size_t c = 0; c < row.size(); ++c) {
            const std::string space(widths[c] - width_of(row[c]), ' ');
            out.append("  ");
            out.append(columns_[c].align == Align::right ? space + row[c] : row[c] + space);
        }
        out.erase(out.find_last_not_of(' ') + 1);
        out.push_back('\n');
    }
    return out;
}

std::string with_thousands(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) {
        text.insert(i - 3, 1, ',');
    }
    return text;
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
    const bool is_regular = plural.empty() && count != 1;
    return fmt::format("{} {}{}",
                       with_thousands(count),
                       count == 1 || plural.empty() ? singular : plural,
                       is_regular ? "s" : "");
}

std::string wrapped(std::string_view first, std::string_view text, std::size_t columns_max) {
    const std::string indent(width_of(first), ' ');
    std::string out(first);
    std::size_t column = indent.size();
    bool at_line_start = true;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!at_line_start && column + 1 + width_of(word) > columns_max) {
            out.append("\n").append(indent);
            column = indent.size();
            at_line_start = true;
        }
        if (!at_line_start) {
            out.push_back(' ');
            ++column;
        }
        out.append(word);
        column += width_of(word);
        at_line_start = false;
    }
    out.push_back('\n');
    return out;
}

}  // namespace keyferry::planner
