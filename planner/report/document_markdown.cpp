// SPDX-License-Identifier: Apache-2.0
#include "planner/report/document_markdown.hpp"

#include "planner/text/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <variant>

namespace keyferry::planner {

namespace {

/// Escapes `text` for use within a line of Markdown.
std::string escaped(std::string_view text) {
    constexpr std::string_view kMarkup = "\\`*_[]|~#";
    std::string markdown;
    for (const char c : text) {
        if (c == '<') {
            markdown += "&lt;";
        } else if (c == '>') {
            markdown += "&gt;";
        } else if (c == '&') {
            markdown += "&amp;";
        } else if (c == '@') {
            markdown += "@<!-- -->";  // prevents GitHub from mentioning a user
        } else if (static_cast<unsigned char>(c) < 0x20U) {
            markdown += ' ';
        } else {
            if (kMarkup.find(c) != std::string_view::npos) {
                markdown += '\\';
            }
            markdown += c;
        }
    }
    return markdown;
}

std::string markdown_of(const ReportTable& table) {
    std::string text = "|";
    std::string rule = "|";
    for (const TextTable::Column& column : table.columns) {
        text += fmt::format(" {} |", escaped(column.title));
        rule += column.align == TextTable::Align::right ? " ---: |" : " --- |";
    }
    text.append("\n").append(rule).append("\n");
    for (const std::vector<std::string>& row : table.rows) {
        text += "|";
        for (const std::string& cell : row) {
            text += fmt::format(" {} |", escaped(cell));
        }
        text += "\n";
    }
    if (table.rows_left_out > 0) {
        text += fmt::format("\n... and {} more{}\n",
                            with_thousands(table.rows_left_out),
                            table.rest_listed_by.empty()
                                ? ", in the JSON report."
                                : fmt::format(" ({})", escaped(table.rest_listed_by)));
    }
    return text;
}

std::string markdown_of(const ReportProse& prose) {
    return escaped(prose.text) + "\n";
}

std::string markdown_of(const Finding& finding) {
    std::string text =
        fmt::format("- **{}**: {}\n", name_of(finding.severity), escaped(finding.text));
    for (const std::string& example : finding.examples) {
        text += fmt::format("  - {}\n", escaped(example));
    }
    if (!finding.advice.empty()) {
        text += fmt::format("  - *{}*\n", escaped(finding.advice));
    }
    return text;
}

/// Uses a fence longer than any run of backticks in the code. The summary line is HTML; the text
/// after the empty line is Markdown.
std::string markdown_of(const ReportCode& code) {
    std::size_t longest = 2;
    std::size_t run = 0;
    for (const char c : code.text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    return fmt::format("<details><summary>{}</summary>\n\n{}{}\n{}{}{}\n\n</details>\n",
                       html_text(code.title),
                       fence,
                       code.language,
                       code.text,
                       code.text.ends_with('\n') ? "" : "\n",
                       fence);
}

std::string markdown_of(const ReportChecklist& list) {
    std::string text = escaped(list.title) + "\n\n";
    for (const std::string& item : list.items) {
        text += fmt::format("- [ ] {}\n", escaped(item));
    }
    return text;
}

}  // namespace

std::string document_markdown(const ReportDocument& document) {
    std::string text = fmt::format("# {}\n", escaped(document.title));
    for (const std::string& line : document.headline) {
        text += fmt::format("\n{}\n", escaped(line));
    }
    if (!document.facts.empty()) {
        text += "\n";
    }
    for (const ReportFact& fact : document.facts) {
        text += fmt::format("- {}: {}\n", escaped(fact.name), escaped(fact.value));
    }
    for (const ReportSection& section : document.sections) {
        text += fmt::format("\n## {}\n", escaped(section.title));
        bool is_in_list = false;  // consecutive findings form one list without gaps
        for (const ReportBlock& block : section.blocks) {
            const bool is_item = std::holds_alternative<Finding>(block);
            text.append(is_item && is_in_list ? "" : "\n");
            text += std::visit([](const auto& content) { return markdown_of(content); }, block);
            is_in_list = is_item;
        }
    }
    return text;
}

}  // namespace keyferry::planner
