// SPDX-License-Identifier: Apache-2.0
#include "planner/toml/spec_source.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace keyferry::planner {

std::string path_beside(const std::string& spec_file, const std::string& path) {
    return (std::filesystem::path(spec_file).parent_path() / path).string();
}

std::optional<NamedFile> read_named_file(const Located<std::string>& path,
                                         std::size_t bytes_max,
                                         const SpecSource& source) {
    if (path.value.empty()) {
        source.problems.error(path.where, "the file name must not be empty");
        return std::nullopt;
    }
    const std::string full_path = path_beside(source.file_name, path.value);
    io::Parsed<FileText> file = source.read_file(full_path);
    if (!file) {
        source.problems.error(
            path.where,
            fmt::format("cannot read {}: {}", io::in_quotes(full_path), file.error().text));
        return std::nullopt;
    }
    if (file->text.size() > bytes_max) {
        source.problems.error(path.where,
                              fmt::format("{} is {} bytes, more than the maximum of {}",
                                          io::in_quotes(full_path),
                                          file->text.size(),
                                          bytes_max));
        return std::nullopt;
    }
    return NamedFile{source.problems.add_file(full_path), std::move(file->text)};
}

SourcePosition position_in(std::uint32_t file, std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    const std::string_view in_line = before.substr(line_start);
    const std::size_t columns = io::count_characters(in_line);
    return SourcePosition{
        file, static_cast<std::uint32_t>(lines + 1), static_cast<std::uint32_t>(columns + 1)};
}

std::size_t offset_of(SourcePosition where, std::string_view text) {
    std::size_t offset = 0;
    for (std::uint32_t line = 1; line < where.line; ++line) {
        const std::size_t line_end = text.find('\n', offset);
        if (line_end == std::string_view::npos) {
            return line_end;
        }
        offset = line_end + 1;
    }
    for (std::uint32_t column = 1; column < where.column; ++column) {
        do {
            ++offset;
        } while (offset < text.size() && !io::starts_character(text[offset]));
    }
    return offset < text.size() ? offset : std::string_view::npos;
}

}  // namespace keyferry::planner
