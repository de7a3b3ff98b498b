// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// A position in one of the files that make up a fleet spec. Lines and columns are 1-based; columns
/// count characters (code points), as editors do.
struct SourcePosition {
    std::uint32_t file = 0;  ///< index from DiagnosticList::add_file; 0 is the spec
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    friend auto operator<=>(const SourcePosition&, const SourcePosition&) = default;
};

/// A value from the spec with its position.
template <typename T>
struct Located {
    T value;
    SourcePosition where;
};

enum class Severity : std::uint8_t {
    error,    ///< prevents planning
    warning,  ///< probably unintended; the plan is created as written
};

/// A diagnostic about a fleet spec or a file that it references.
struct Diagnostic {
    Severity severity = Severity::error;
    std::string file;
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    std::string text;  ///< a single line: the problem and how to fix it

    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// Formats a diagnostic: "fleet.toml:3:8: text" or "fleet.toml:3:8: warning: text".
[[nodiscard]] std::string line_of(const Diagnostic& problem);

/// Maximum number of diagnostics that are kept per severity. Any others are only counted.
inline constexpr std::size_t kDiagnosticsMax = 1000;

/// Collects all diagnostics about a spec, so that users see every problem at once.
class DiagnosticList {
  public:
    explicit DiagnosticList(std::string spec_file);

    /// Returns the index to use for positions in the file `name`. Registering a name again returns
    /// the same index.
    std::uint32_t add_file(const std::string& name);

    // Because texts may quote user input, control characters in them, including newlines, are
    // escaped.
    void error(SourcePosition where, std::string_view text);
    void warning(SourcePosition where, std::string_view text);
    void add(Severity severity, SourcePosition where, std::string_view text);

    /// Removes all diagnostics but keeps the registered files.
    void clear();

    [[nodiscard]] bool has_errors() const noexcept { return errors_ != 0; }

    /// Returns the number of errors so far. A check can compare counts to find out whether a step
    /// reported any.
    [[nodiscard]] std::size_t error_count() const noexcept { return errors_; }

    /// Formats `where` as "fleet.toml:3:8", to reference one position in a diagnostic about
    /// another.
    [[nodiscard]] std::string text_of(SourcePosition where) const;

    /// Returns all diagnostics: those of the spec first, then those of other files in the order in
    /// which the spec references them, each sorted by line and column. Duplicates (such as from two
    /// groups that share a policy file) are removed.
    [[nodiscard]] std::vector<Diagnostic> sorted() const;

  private:
    struct Entry {
        SourcePosition where;
        Severity severity = Severity::error;
        std::string text;
        friend auto operator<=>(const Entry&, const Entry&) = default;
    };

    std::vector<std::string> files_;
    std::vector<Entry> entries_;
    std::size_t errors_ = 0;
    std::size_t warnings_ = 0;
};

}  // namespace keyferry::planner
