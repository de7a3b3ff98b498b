// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// Maximum line width of terminal output, in characters.
inline constexpr std::size_t kTextColumnsMax = 96;

/// A plain-text table with aligned columns, for reports.
class TextTable {
  public:
    enum class Align : std::uint8_t { left, right };

    static constexpr std::size_t kCellCharactersMax = 36;  ///< fits a key id

    struct Column {
        std::string title;
        Align align = Align::left;
        std::size_t characters_max = kCellCharactersMax;  ///< of a cell
    };

    explicit TextTable(std::vector<Column> columns);

    /// Adds a row with one cell per column. Cells longer than the column's characters_max are
    /// truncated and end in "...", except SHA-256 digests (64 hex digits), because a part of a
    /// digest proves nothing.
    void add_row(std::vector<std::string> cells);

    /// Formats the table. Lines are indented by two spaces, columns are separated by two spaces,
    /// and there are no trailing spaces.
    [[nodiscard]] std::string text() const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;  ///< the first row holds the titles
};

/// Formats `number` with thousands separators: "1,234,567".
[[nodiscard]] std::string with_thousands(std::uint64_t number);

/// A number with its noun: "1 key", "1,234 keys". `plural` is required unless it ends in "s".
[[nodiscard]] std::string counted(std::uint64_t count,
                                  std::string_view singular,
                                  std::string_view plural = {});

/// Wraps `text` at spaces into lines of at most `columns_max` characters. The first line is
/// prefixed with `first`; later lines are indented by its width. Ends with a line feed.
[[nodiscard]] std::string wrapped(std::string_view first,
                                  std::string_view text,
                                  std::size_t columns_max);

}  // namespace keyferry::planner
