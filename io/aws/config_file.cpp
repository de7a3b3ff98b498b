// SPDX-License-Identifier: Apache-2.0
#include "io/aws/config_file.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/trimmed.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::io {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_key(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return lower(x) == lower(y);
    });
}

const ConfigEntry* find_entry(const std::vector<ConfigEntry>& entries, std::string_view key) {
    const auto at = std::find_if(entries.begin(), entries.end(), [&](const ConfigEntry& entry) {
        return same_key(entry.key, key);
    });
    return at == entries.end() ? nullptr : &*at;
}

std::string_view without_quotes(std::string_view name) {
    const bool quoted = name.size() >= 2 && name.front() == name.back() &&
                        (name.front() == '"' || name.front() == '\'');
    return quoted ? name.substr(1, name.size() - 2) : name;
}

/// Parses the file into sections, line by line. next() returns the error in a line, if any.
class LineReader {
  public:
    explicit LineReader(std::vector<ConfigSection>& sections) : sections_(sections) {}

    std::optional<std::string> next(std::string_view line) {
        ++number_;
        if (line.size() > kConfigLineBytesMax) {
            return fmt::format("it has more than {} bytes", kConfigLineBytesMax);
        }
        if (line.find('\0') != std::string_view::npos) {
            return "it contains a NUL byte; this is not a text file";
        }
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        const std::string_view content = trimmed(line);
        if (content.empty() || content.front() == '#' || content.front() == ';') {
            return std::nullopt;
        }
        const std::size_t indent = static_cast<std::size_t>(content.data() - line.data());
        if (content.front() == '[' && indent == 0) {
            return read_section(content);
        }
        if (sections_.empty()) {
            return "it precedes the first [section]";
        }
        return read_entry(content, indent);
    }

    std::size_t number() const { return number_; }

  private:
    std::optional<std::string> read_section(std::string_view content) {
        const std::size_t end = content.find(']');
        if (end == std::string_view::npos) {
            return "the section header has no closing ']'";
        }
        const std::string_view after = trimmed(content.substr(end + 1));
        if (!after.empty() && after.front() != '#' && after.front() != ';') {
            return "only a comment may follow the section's ']'";
        }
        const std::string_view inside = trimmed(content.substr(1, end - 1));
        const std::size_t blank = inside.find_first_of(" \t");
        ConfigSection section;
        section.line = number_;
        section.header = inside;
        if (blank != std::string_view::npos) {
            section.kind = inside.substr(0, blank);
        }
        section.name = without_quotes(
            trimmed(blank == std::string_view::npos ? inside : inside.substr(blank)));
        if (section.name.empty()) {
            return "the section has no name";
        }
        for (const ConfigSection& other : sections_) {
            if (other.kind == section.kind && other.name == section.name) {
                return fmt::format(
                    "the section {} is already defined on line {}", in_quotes(inside), other.line);
            }
        }
        if (sections_.size() == kConfigSectionsMax) {
            return fmt::format("there are more than {} sections", kConfigSectionsMax);
        }
        sections_.push_back(std::move(section));
        return std::nullopt;
    }

    std::optional<std::string> read_entry(std::string_view content, std::size_t indent) {
        std::vector<ConfigEntry>& entries = sections_.back().entries;
        // A line that is indented more deeply than the previous key belongs to that key's nested
        // block.
        const bool nested = !entries.empty() && indent > entry_indent_;
        if (nested && !entries.back().value.empty()) {
            return fmt::format(
                "it is indented as if it continued the value of {}; write each value on one line",
                in_quotes(entries.back().key));
        }
        const std::size_t equals = content.find('=');
        if (equals == std::string_view::npos) {
            return "expected [section] or key = value";  // not quoted, because it may be part of a
                                                         // secret
        }
        ConfigEntry entry;
        entry.key = trimmed(content.substr(0, equals));
        entry.value = trimmed(content.substr(equals + 1));
        entry.line = number_;
        if (entry.key.empty()) {
            return "the key is missing";
        }
        std::vector<ConfigEntry>& into = nested ? entries.back().nested : entries;
        if (const ConfigEntry* other = find_entry(into, entry.key)) {
            return fmt::format(
                "the key {} is already defined on line {}", in_quotes(entry.key), other->line);
        }
        if (!nested) {
            entry_indent_ = indent;
        }
        into.push_back(std::move(entry));
        return std::nullopt;
    }

    std::vector<ConfigSection>& sections_;
    std::size_t number_ = 0;
    std::size_t entry_indent_ = 0;
};

}  // namespace

const ConfigEntry* ConfigEntry::find(std::string_view nested_key) const {
    return find_entry(nested, nested_key);
}

const ConfigEntry* ConfigSection::find(std::string_view key) const {
    return find_entry(entries, key);
}

std::optional<std::string_view> ConfigSection::value(std::string_view key) const {
    const ConfigEntry* entry = find(key);
    return entry == nullptr || entry->value.empty() ? std::nullopt : std::optional(entry->value);
}

Parsed<ConfigFile> ConfigFile::parse(Secret text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    ConfigFile file(std::move(text));
    std::string_view rest = file.text_.reveal();
    if (rest.size() > kConfigFileBytesMax) {
        return ParseProblem{fmt::format("it has more than {} bytes", kConfigFileBytesMax)};
    }
    if (rest.starts_with(kByteOrderMark)) {
        rest.remove_prefix(kByteOrderMark.size());
    }
    LineReader reader(file.sections_);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        const std::optional<std::string> problem = reader.next(rest.substr(0, end));
        if (problem) {
            return ParseProblem{fmt::format("line {}: {}", reader.number(), *problem)};
        }
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return file;
}

const ConfigSection* ConfigFile::find(std::string_view kind, std::string_view name) const {
    for (const ConfigSection& section : sections_) {
        if (section.kind == kind && section.name == name) {
            return &section;
        }
    }
    return nullptr;
}

const ConfigSection* ConfigFile::find(std::string_view header) const {
    for (const ConfigSection& section : sections_) {
        if (section.header == header) {
            return &section;
        }
    }
    return nullptr;
}

}  // namespace keyferry::io
