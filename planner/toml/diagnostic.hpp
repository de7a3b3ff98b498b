// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::planner {

/// A place in one of the files that a fleet spec is made of. Lines and columns count from 1,
/// columns in characters (code points), as editors do.
struct SourcePosition {
    std::uint32_t file = 0;  ///< index given by DiagnosticList::add_file; 0 is the spec itself
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    friend auto operator<=>(const SourcePosition&, const SourcePosition&) = default;
};

/// A value of the spec and where it stands.
template <typename T>
struct Located {
    T value;
    SourcePosition where;
};

enum class Severity : std::uint8_t {
    error,    ///< no plan is made
    warning,  ///< probably a slip of the pen; the plan is made as written
};

/// One complaint about a fleet spec or a file that it names.
struct Diagnostic {
    Severity severity = Severity::error;
    std::string file;
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    std::string text;  ///< what is wrong and what to write instead; always one line

    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// "fleet.toml:3:8: text"; warnings say so: "fleet.toml:3:8: warning: text".
[[nodiscard]] std::string line_of(const Diagnostic& problem);

/// Complaints of each severity that are kept word for word; of the rest, only the number is told.
inline constexpr std::size_t kDiagnosticsMax = 1000;

/// Collects all complaints about one spec, so that a user sees them in one go and not one by one.
class DiagnosticList {
  public:
    explicit DiagnosticList(std::string spec_file);

    /// The index for positions in the file `name`; the same name gets the same index.
    std::uint32_t add_file(const std::string& name);

    void error(SourcePosition where, std::string text);
    void warning(SourcePosition where, std::string text);
    void add(Severity severity, SourcePosition where, std::string text);

    /// Forgets the complaints, not the files.
    void clear();

    [[nodiscard]] bool has_errors() const noexcept { return errors_ != 0; }

    /// Errors so far: a check can tell whether the ones before it found something.
    [[nodiscard]] std::size_t error_count() const noexcept { return errors_; }

    /// "fleet.toml:3:8", to point at one place from the complaint about another.
    [[nodiscard]] std::string text_of(SourcePosition where) const;

    /// All complaints: the spec's first, then those of other files in the order in which the spec
    /// names them, each file's by line and column. The same complaint twice (two groups that share
    /// a policy file) appears once.
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
