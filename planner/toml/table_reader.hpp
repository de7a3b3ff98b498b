// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/spec_node.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// Reads one table of the spec. Each question for a key also makes the key known, so that finish()
/// can complain of those that nobody asked for. An answer is empty where the key is missing and
/// where its value is of the wrong kind or out of range; the latter is a complaint at its place.
class TableReader {
  public:
    /// `name` is how messages call the table: "[limits]". `table` must be a table and must live
    /// longer than the reader.
    TableReader(const SpecNode& table, std::string name, DiagnosticList& problems);

    /// The value of `key` whatever its kind; null where it is missing.
    const SpecNode* find(std::string_view key);

    std::optional<Located<std::string>> string(std::string_view key);
    std::optional<Located<bool>> boolean(std::string_view key);
    std::optional<Located<std::int64_t>> integer(std::string_view key,
                                                 std::int64_t least,
                                                 std::int64_t most);
    /// A finite number, greater than `more_than` and at most `most`; integers are numbers too.
    std::optional<Located<double>> number(std::string_view key, double more_than, double most);
    std::optional<Located<std::chrono::milliseconds>> duration(std::string_view key,
                                                               std::chrono::milliseconds least,
                                                               std::chrono::milliseconds most);
    /// A string, or an array of them.
    std::vector<Located<std::string>> string_or_strings(std::string_view key);
    /// A date, in quotes or without, or a date and time with its offset, in seconds since the Unix
    /// epoch.
    std::optional<Located<double>> moment_s(std::string_view key);
    /// An array of strings; elements of other kinds are complaints and are left out.
    std::vector<Located<std::string>> strings(std::string_view key);
    /// A table; null where it is missing or something else.
    const SpecNode* table(std::string_view key);
    /// An array of tables ([[key]]).
    std::vector<const SpecNode*> tables(std::string_view key);

    /// Complains where `key` is missing: "[fleet] has no name: <what_to_write>".
    void require(std::string_view key, std::string_view what_to_write);

    /// Complains of every key that was never asked for. Call it last.
    void finish();

    [[nodiscard]] SourcePosition where() const noexcept { return where_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    void complain_of_kind(std::string_view key, const SpecNode& node, std::string_view expected);
    std::optional<Located<double>> finite_number(std::string_view key, std::string_view expected);

    const SpecNode::Table& members_;
    std::string name_;
    SourcePosition where_;
    DiagnosticList& problems_;
    std::vector<std::string_view> asked_;
};

}  // namespace keyferry::planner
