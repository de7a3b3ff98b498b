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

/// Reads one table of the spec. Reading a key also marks it as known, so that finish() can report
/// unknown ones. Each getter returns an empty value if the key is missing. If the value has the
/// wrong type or is out of range, the getter reports an error at the value's position and also
/// returns an empty value.
class TableReader {
  public:
    /// `name` identifies the table in messages: "[limits]". `table` must be a table and outlive the
    /// reader.
    TableReader(const SpecNode& table, std::string name, DiagnosticList& problems);

    /// Returns the value of `key`, of any type; null if it is missing.
    const SpecNode* find(std::string_view key);

    std::optional<Located<std::string>> string(std::string_view key);
    std::optional<Located<bool>> boolean(std::string_view key);
    std::optional<Located<std::int64_t>> integer(std::string_view key,
                                                 std::int64_t least,
                                                 std::int64_t most);
    /// Returns a finite number, greater than `more_than` and at most `most`. Integers are accepted.
    std::optional<Located<double>> number(std::string_view key, double more_than, double most);
    std::optional<Located<std::chrono::milliseconds>> duration(std::string_view key,
                                                               std::chrono::milliseconds least,
                                                               std::chrono::milliseconds most);
    /// Returns a string or an array of strings.
    std::vector<Located<std::string>> string_or_strings(std::string_view key);
    /// Returns a date (quoted or not) or a date and time with a UTC offset, in seconds since the
    /// Unix epoch.
    std::optional<Located<double>> moment_s(std::string_view key);
    /// Returns an array of strings. Elements of other types are reported and omitted.
    std::vector<Located<std::string>> strings(std::string_view key);
    /// Returns a table; null if it is missing or not a table.
    const SpecNode* table(std::string_view key);
    /// Returns an array of tables ([[key]]).
    std::vector<const SpecNode*> tables(std::string_view key);

    /// Reports an error if `key` is missing: "[fleet] has no name: <what_to_write>".
    void require(std::string_view key, std::string_view what_to_write);

    /// Reports every key that was never read. Call it last.
    void finish();

    [[nodiscard]] SourcePosition where() const noexcept { return where_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

  private:
    void report_wrong_type(std::string_view key, const SpecNode& node, std::string_view expected);
    std::optional<Located<double>> finite_number(std::string_view key, std::string_view expected);

    const SpecNode::Table& members_;
    std::string name_;
    SourcePosition where_;
    DiagnosticList& problems_;
    std::vector<std::string_view> known_keys_;
};

}  // namespace keyferry::planner
