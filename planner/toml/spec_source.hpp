// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "planner/toml/diagnostic.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::planner {

/// The content of a file. (This is a separate type, because an io::Parsed<std::string> could not
/// distinguish a value from an error.)
struct FileText {
    std::string text;
};

/// Returns the content of a file, or the reason why it cannot be read ("No such file or
/// directory"). The planner itself does no I/O.
using FileReader = std::function<io::Parsed<FileText>(const std::string& path)>;

/// The files that make up a spec, and the diagnostics about them. Every check receives this.
struct SpecSource {
    std::string file_name;
    std::string_view text;  ///< the spec itself
    const FileReader& read_file;
    DiagnosticList& problems;
};

/// Resolves `path` relative to the folder of the spec. Absolute paths are unchanged.
[[nodiscard]] std::string path_beside(const std::string& spec_file, const std::string& path);

/// A file that the spec references.
struct NamedFile {
    std::uint32_t index = 0;  ///< for SourcePosition::file
    std::string text;
};

/// Reads the file that `path` names. Returns nullopt after reporting an error at `path` if the file
/// cannot be read or is larger than `bytes_max`.
[[nodiscard]] std::optional<NamedFile> read_named_file(const Located<std::string>& path,
                                                       std::size_t bytes_max,
                                                       const SpecSource& source);

/// Converts a byte offset in `text` (UTF-8) to a line and column. `offset` may be the end of the
/// text.
[[nodiscard]] SourcePosition position_in(std::uint32_t file,
                                         std::string_view text,
                                         std::size_t offset);

/// Converts a position to a byte offset in `text`; npos if `text` has no such position. The inverse
/// of position_in.
[[nodiscard]] std::size_t offset_of(SourcePosition where, std::string_view text);

}  // namespace keyferry::planner
