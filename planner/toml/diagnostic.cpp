// SPDX-License-Identifier: Apache-2.0
#include "planner/toml/diagnostic.hpp"

#include "io/names/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <string_view>
#include <utility>

namespace keyferry::planner {

std::string line_of(const Diagnostic& problem) {
    const std::string_view mark = problem.severity == Severity::warning ? "warning: " : "";
    return fmt::format(
        "{}:{}:{}: {}{}", problem.file, problem.line, problem.column, mark, problem.text);
}

DiagnosticList::DiagnosticList(std::string spec_file) {
    files_.push_back(std::move(spec_file));
}

std::uint32_t DiagnosticList::add_file(const std::string& name) {
    const auto known = std::find(files_.begin(), files_.end(), name);
    const auto index = static_cast<std::uint32_t>(known - files_.begin());
    if (known == files_.end()) {
        files_.push_back(name);
    }
    return index;
}

void DiagnosticList::error(SourcePosition where, std::string_view text) {
    add(Severity::error, where, text);
}

void DiagnosticList::warning(SourcePosition where, std::string_view text) {
    add(Severity::warning, where, text);
}

void DiagnosticList::add(Severity severity, SourcePosition where, std::string_view text) {
    assert(where.file < files_.size());
    std::size_t& count = severity == Severity::error ? errors_ : warnings_;
    ++count;
    if (count <= kDiagnosticsMax) {
        entries_.push_back(Entry{where, severity, io::terminal_line(text)});
    }
}

void DiagnosticList::clear() {
    entries_.clear();
    errors_ = 0;
    warnings_ = 0;
}

std::string DiagnosticList::text_of(SourcePosition where) const {
    return fmt::format("{}:{}:{}", files_.at(where.file), where.line, where.column);
}

std::vector<Diagnostic> DiagnosticList::sorted() const {
    std::vector<Entry> entries = entries_;
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    std::vector<Diagnostic> problems;
    problems.reserve(entries.size());
    for (Entry& entry : entries) {
        problems.push_back(Diagnostic{entry.severity,
                                      files_.at(entry.where.file),
                                      entry.where.line,
                                      entry.where.column,
                                      std::move(entry.text)});
    }
    const auto report_rest = [&](Severity severity, std::size_t count, std::string_view what) {
        if (count > kDiagnosticsMax) {
            problems.push_back(
                Diagnostic{severity,
                           files_.front(),
                           1,
                           1,
                           fmt::format("{} more {} are not shown", count - kDiagnosticsMax, what)});
        }
    };
    report_rest(Severity::error, errors_, "errors");
    report_rest(Severity::warning, warnings_, "warnings");
    return problems;
}

}  // namespace keyferry::planner
