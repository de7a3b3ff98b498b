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

/// The content of a file. (A type of its own, since a plain string could be a ParseProblem as
/// well.)
struct FileText {
    std::string text;
};

/// Gives the content of a file, or why it cannot be read ("No such file or directory"). The planner
/// itself touches no disk.
using FileReader = std::function<io::Parsed<FileText>(const std::string& path)>;

/// The texts that a spec is made of, and the list of what is wrong with them. Passed to every
/// check.
struct SpecSource {
    std::string file_name;
    std::string_view text;  ///< of the spec
    const FileReader& read_file;
    DiagnosticList& problems;
};

/// `path` as the spec names it, made relative to the spec's own folder; absolute paths stay.
[[nodiscard]] std::string path_beside(const std::string& spec_file, const std::string& path);

/// A file that the spec names.
struct NamedFile {
    std::uint32_t index = 0;  ///< for positions in it
    std::string text;
};

/// Reads the file that `path` names. Nothing, and a complaint where the spec names it, when it
/// cannot be read or has more than `bytes_max`.
[[nodiscard]] std::optional<NamedFile> read_named_file(const Located<std::string>& path,
                                                       std::size_t bytes_max,
                                                       const SpecSource& source);

/// Line and column of the byte at `offset` of `text` (UTF-8; its end is a place too).
[[nodiscard]] SourcePosition position_in(std::uint32_t file,
                                         std::string_view text,
                                         std::size_t offset);

/// The byte at a position of `text`; npos where it has no such place. The reverse of position_in.
[[nodiscard]] std::size_t offset_of(SourcePosition where, std::string_view text);

}  // namespace keyferry::planner
