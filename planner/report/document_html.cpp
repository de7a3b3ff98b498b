// SPDX-License-Identifier: Apache-2.0
#include "planner/report/document_html.hpp"

#include "planner/report/report_style.hpp"
#include "planner/text/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace keyferry::planner {

namespace {

/// Blocks scripts and external resources regardless of the texts in the report.
constexpr std::string_view kContentPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

constexpr std::size_t kNarrowColumnsMax = 3;  // wider tables become cards on a phone

std::string_view style_of(const TextTable::Column& column) {
    return column.align == TextTable::Align::right ? " class=\"right\"" : "";
}

/// Returns the columns with at least one non-empty cell.
std::vector<std::size_t> columns_of(const ReportTable& table) {
    std::vector<std::size_t> columns;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const bool has_content = std::any_of(
            table.rows.begin(), table.rows.end(), [&](const auto& row) { return !row[c].empty(); });
        if (has_content) {
            columns.push_back(c);
        }
    }
    return columns;
}

std::string html_of(const ReportTable& table) {
    const std::vector<std::size_t> columns = columns_of(table);
    std::string html = fmt::format("<table{}><caption>{}</caption><thead><tr>",
                                   columns.size() > kNarrowColumnsMax ? " class=\"wide\"" : "",
                                   html_text(table.caption));
    for (const std::size_t c : columns) {
        const TextTable::Column& column = table.columns[c];
        html +=
            fmt::format("<th scope=\"col\"{}>{}</th>", style_of(column), html_text(column.title));
    }
    html += "</tr></thead><tbody>\n";
    for (const std::vector<std::string>& row : table.rows) {
        html += "<tr>";
        for (const std::size_t c : columns) {
            html += fmt::format("<td{} data-label=\"{}\">{}</td>",
                                style_of(table.columns[c]),
                                html_text(table.columns[c].title),
                                html_text(row[c]));
        }
        html += "</tr>\n";
    }
    html += "</tbody></table>\n";
    if (table.rows_left_out > 0) {
        html += fmt::format("<p class=\"rest\">... and {} more{}</p>\n",
                            with_thousands(table.rows_left_out),
                            table.rest_listed_by.empty()
                                ? ", in the JSON report."
                                : fmt::format(" ({})", html_text(table.rest_listed_by)));
    }
    return html;
}

std::string html_of(const ReportProse& prose) {
    return fmt::format("<p>{}</p>\n", html_text(prose.text));
}

std::string html_of(const Finding& finding) {
    std::string html = fmt::format("<div class=\"finding {0}\"><b>{0}</b> {1}\n",
                                   name_of(finding.severity),
                                   html_text(finding.text));
    for (const std::string& example : finding.examples) {
        html += fmt::format("<p class=\"example mono\">{}</p>\n", html_text(example));
    }
    if (!finding.advice.empty()) {
        html += fmt::format("<p class=\"advice\">{}</p>\n", html_text(finding.advice));
    }
    return html + "</div>\n";
}

std::string html_of(const ReportCode& code) {
    return fmt::format("<details><summary>{}</summary><pre><code>{}</code></pre></details>\n",
                       html_text(code.title),
                       html_text(code.text));
}

std::string html_of(const ReportChecklist& list) {
    std::string html = fmt::format("<h3>{}</h3><ul class=\"checklist\">\n", html_text(list.title));
    for (const std::string& item : list.items) {
        html += fmt::format("<li><label><input type=\"checkbox\"><span>{}</span></label></li>\n",
                            html_text(item));
    }
    return html + "</ul>\n";
}

}  // namespace

std::string page_head_html(std::string_view title) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"robots\" content=\"noindex\"><meta name=\"referrer\" "
        "content=\"no-referrer\">\n"
        "<title>{}</title>\n<style>{}</style></head>\n<body><div class=\"page\">\n",
        kContentPolicy,
        html_text(title),
        kReportStyle);
}

std::string section_html(const ReportSection& section, const std::string& picture) {
    std::string html = fmt::format("<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>\n{2}",
                                   html_text(section.id),
                                   html_text(section.title),
                                   picture);
    for (const ReportBlock& block : section.blocks) {
        html += std::visit([](const auto& content) { return html_of(content); }, block);
    }
    return html + "</section>\n";
}

std::string facts_html(const ReportDocument& document) {
    std::string html = "<dl class=\"facts\">\n";
    for (const ReportFact& fact : document.facts) {
        html +=
            fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_text(fact.name), html_text(fact.value));
    }
    return html + "</dl>\n";
}

std::string contents_html(const ReportDocument& document) {
    std::string html = "<nav aria-label=\"Contents\"><h2>Contents</h2><ol>\n";
    for (const ReportSection& section : document.sections) {
        // Omits the parenthesized part of the heading to keep the list short.
        html += fmt::format("<li><a href=\"#{}\">{}</a></li>\n",
                            html_text(section.id),
                            html_text(section.title.substr(0, section.title.find(" ("))));
    }
    return html + "</ol></nav>\n";
}

std::string document_html(const ReportDocument& document, std::string_view title) {
    std::string html = page_head_html(title);
    html += fmt::format("<header><p class=\"eyebrow\">{}</p>\n<h1>{}</h1>\n",
                        html_text(title),
                        html_text(document.title));
    for (const std::string& line : document.headline) {
        html += fmt::format("<p class=\"headline\">{}</p>\n", html_text(line));
    }
    if (!document.facts.empty()) {
        html += facts_html(document);
    }
    html += "</header>\n" + contents_html(document) + "<main>\n";
    for (const ReportSection& section : document.sections) {
        html += section_html(section, "");
    }
    return html + "</main>\n</div></body></html>\n";
}

}  // namespace keyferry::planner
