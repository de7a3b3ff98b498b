// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// Width of texts for a terminal.
inline constexpr std::size_t kTextColumnsMax = 96;

/// A table of text with aligned columns, for reports.
class TextTable {
  public:
    enum class Align : std::uint8_t { left, right };

    struct Column {
        std::string title;
        Align align = Align::left;
    };

    explicit TextTable(std::vector<Column> columns);

    /// One cell for each column. Cells longer than kCellCharactersMax are cut and end in "...".
    void add_row(std::vector<std::string> cells);

    /// Every line indented by two spaces, columns two spaces apart, no space at the end of a line.
    [[nodiscard]] std::string text() const;

    static constexpr std::size_t kCellCharactersMax = 36;  ///< a key id is whole

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;  ///< the titles first
};

/// "1,234,567"
[[nodiscard]] std::string with_thousands(std::uint64_t number);

/// `text` broken at spaces into lines of at most `columns_max` characters: `first` stands before
/// the first line, as many spaces before the others. Ends with a line feed.
[[nodiscard]] std::string wrapped(std::string_view first,
                                  std::string_view text,
                                  std::size_t columns_max);

}  // namespace keyferry::planner
