// SPDX-License-Identifier: Apache-2.0
#include "io/aws/config_file.hpp"

#include "io/aws/command_words.hpp"
#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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

/// The white space that Python removes, in UTF-8: it includes the no-break spaces that texts copied
/// from web pages may contain.
constexpr auto kWhiteSpace = std::to_array<std::string_view>({" ",
                                                              "\t",
                                                              "\v",
                                                              "\f",
                                                              "\x1c",
                                                              "\x1d",
                                                              "\x1e",
                                                              "\x1f",
                                                              "\xc2\x85",
                                                              "\xc2\xa0",
                                                              "\xe1\x9a\x80",
                                                              "\xe2\x80\x80",
                                                              "\xe2\x80\x81",
                                                              "\xe2\x80\x82",
                                                              "\xe2\x80\x83",
                                                              "\xe2\x80\x84",
                                                              "\xe2\x80\x85",
                                                              "\xe2\x80\x86",
                                                              "\xe2\x80\x87",
                                                              "\xe2\x80\x88",
                                                              "\xe2\x80\x89",
                                                              "\xe2\x80\x8a",
                                                              "\xe2\x80\xa8",
                                                              "\xe2\x80\xa9",
                                                              "\xe2\x80\xaf",
                                                              "\xe2\x81\x9f",
                                                              "\xe3\x80\x80"});

/// A line or a part of it without surrounding white space.
struct Content {
    std::string_view text;
    std::size_t indent = 0;  ///< characters of white space before it
};

Content content_of(std::string_view text) {
    Content content{text, 0};
    const auto is_first = [&](std::string_view space) {
        return content.text.starts_with(space);
    };
    const auto is_last = [&](std::string_view space) {
        return content.text.ends_with(space);
    };
    const auto* space = kWhiteSpace.begin();
    while ((space = std::find_if(kWhiteSpace.begin(), kWhiteSpace.end(), is_first)) !=
           kWhiteSpace.end()) {
        content.text.remove_prefix(space->size());
        ++content.indent;
    }
    while ((space = std::find_if(kWhiteSpace.begin(), kWhiteSpace.end(), is_last)) !=
           kWhiteSpace.end()) {
        content.text.remove_suffix(space->size());
    }
    return content;
}

/// Sets the kind and name of a section of the configuration file; see ConfigSection.
void set_kind_and_name(ConfigSection& section) {
    constexpr std::string_view kProfile = "profile";
    if (section.header == "default") {
        section.kind = kProfile;
        section.name = section.header;
        return;
    }
    for (const std::string_view kind :
         {kProfile, std::string_view("sso-session"), std::string_view("services")}) {
        if (section.header.starts_with(kind)) {
            Parsed<std::vector<std::string>> words = command_words(section.header);
            if (words && words->size() == 2) {
                section.kind = kind;
                section.name = std::move(words->back());
            }
            return;
        }
    }
}

/// Removes the first line from `text` and returns it without its end: "\n", "\r\n" or "\r".
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find_first_of("\r\n");
    const std::string_view line = text.substr(0, end);
    if (end == std::string_view::npos) {
        text = {};
    } else {
        text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    return line;
}

/// An error and its location in the file, both starting at 1.
struct LocatedProblem {
    std::size_t line = 0;
    std::size_t column = 1;
    std::string text;
};
using MaybeProblem = std::optional<LocatedProblem>;

/// Parses the file into sections, line by line. Functions return the error, if any.
class LineReader {
  public:
    LineReader(std::vector<ConfigSection>& sections,
               ConfigSection& defaults,
               std::deque<Secret>& continued)
        : sections_(sections), defaults_(defaults), continued_(continued) {}

    MaybeProblem next(std::string_view line);
    /// Must be called after the last line.
    MaybeProblem end() { return end_value(); }

  private:
    struct ValueLine {
        std::string_view text;
        std::size_t line = 0;
        std::size_t column = 1;
    };

    MaybeProblem problem(const Content& at, std::string text) const {
        return LocatedProblem{number_, at.indent + 1, std::move(text)};
    }
    MaybeProblem read_section(const Content& content);
    MaybeProblem read_entry(const Content& content);
    /// Completes the current entry's value, if there is a current entry.
    MaybeProblem end_value();
    MaybeProblem read_block(ConfigEntry& entry) const;

    std::vector<ConfigSection>& sections_;
    ConfigSection& defaults_;
    std::deque<Secret>& continued_;
    std::size_t number_ = 0;
    std::size_t indent_ = 0;              ///< of the line that a deeper one continues
    ConfigSection* section_ = nullptr;    ///< the current section
    std::vector<ValueLine> value_lines_;  ///< of the current entry; empty after a header
};

MaybeProblem LineReader::next(std::string_view line) {
    ++number_;
    if (line.size() > kConfigLineBytesMax) {
        return LocatedProblem{
            number_, 1, fmt::format("it has more than {} bytes", kConfigLineBytesMax)};
    }
    if (const std::size_t nul = line.find('\0'); nul != std::string_view::npos) {
        return LocatedProblem{number_, nul + 1, "it contains a NUL byte; this is not a text file"};
    }
    const Content content = content_of(line);
    if (content.text.starts_with('#') || content.text.starts_with(';')) {
        return std::nullopt;
    }
    const bool has_entry = !value_lines_.empty();
    if (content.text.empty()) {
        if (has_entry) {
            value_lines_.push_back({});
        }
        return std::nullopt;
    }
    if (has_entry && content.indent > indent_) {
        value_lines_.push_back({content.text, number_, content.indent + 1});
        return std::nullopt;
    }
    indent_ = content.indent;
    const std::size_t bracket = content.text.rfind(']');
    if (content.text.front() == '[' && bracket != std::string_view::npos && bracket > 1) {
        return read_section({content.text.substr(0, bracket + 1), content.indent});
    }
    if (section_ == nullptr) {
        return problem(content, "expected a [section] before the first key");
    }
    return read_entry(content);
}

MaybeProblem LineReader::read_section(const Content& content) {
    if (MaybeProblem found = end_value()) {
        return found;
    }
    const std::string_view header = content.text.substr(1, content.text.size() - 2);
    if (header == "DEFAULT") {
        section_ = &defaults_;
        return std::nullopt;
    }
    for (const ConfigSection& other : sections_) {
        if (other.header == header) {
            return problem(
                content,
                fmt::format(
                    "the section {} is already defined on line {}", in_quotes(header), other.line));
        }
    }
    if (sections_.size() == kConfigSectionsMax) {
        return problem(content, fmt::format("there are more than {} sections", kConfigSectionsMax));
    }
    ConfigSection& section = sections_.emplace_back();
    section.header = header;
    section.line = number_;
    section.defaults = &defaults_;
    set_kind_and_name(section);
    section_ = &section;
    return std::nullopt;
}

MaybeProblem LineReader::read_entry(const Content& content) {
    if (MaybeProblem found = end_value()) {
        return found;
    }
    const std::size_t delimiter = content.text.find_first_of("=:");
    if (delimiter == std::string_view::npos) {
        // The line is not quoted, because it may be part of a secret.
        return problem(content,
                       content.text.front() == '['
                           ? "expected [section]; the brackets are incomplete or empty"
                           : "expected [section] or key = value");
    }
    ConfigEntry entry;
    entry.key = content_of(content.text.substr(0, delimiter)).text;
    entry.value = content_of(content.text.substr(delimiter + 1)).text;
    entry.line = number_;
    if (entry.key.empty()) {
        return problem(content, "the key is missing");
    }
    if (const ConfigEntry* other = find_entry(section_->entries, entry.key)) {
        return problem(
            content,
            fmt::format(
                "the key {} is already defined on line {}", in_quotes(entry.key), other->line));
    }
    value_lines_ = {{entry.value, number_, 1}};
    section_->entries.push_back(std::move(entry));
    return std::nullopt;
}

MaybeProblem LineReader::end_value() {
    while (value_lines_.size() > 1 && value_lines_.back().text.empty()) {
        value_lines_.pop_back();
    }
    MaybeProblem found;
    if (value_lines_.size() > 1) {
        ConfigEntry& entry = section_->entries.back();
        std::size_t size_bytes = 0;
        for (const ValueLine& line : value_lines_) {
            size_bytes += line.text.size() + 1;
        }
        std::string value;
        value.reserve(size_bytes);  // growing would leave copies of a secret behind
        for (const ValueLine& line : value_lines_) {
            value.append(&line == value_lines_.data() ? "" : "\n").append(line.text);
        }
        found = entry.value.empty() ? read_block(entry) : std::nullopt;
        entry.value = continued_.emplace_back(Secret::take(value)).reveal();
    }
    value_lines_.clear();
    return found;
}

MaybeProblem LineReader::read_block(ConfigEntry& entry) const {
    for (const ValueLine& line : value_lines_) {
        if (line.text.empty()) {
            continue;
        }
        const std::size_t equals = line.text.find('=');
        if (equals == std::string_view::npos) {
            return LocatedProblem{
                line.line,
                line.column,
                fmt::format("expected key = value, because the line is indented below {}, which "
                            "has no value of its own",
                            in_quotes(entry.key))};
        }
        ConfigEntry nested;
        nested.key = content_of(line.text.substr(0, equals)).text;
        nested.value = content_of(line.text.substr(equals + 1)).text;
        nested.line = line.line;
        entry.nested.push_back(std::move(nested));
    }
    return std::nullopt;
}

}  // namespace

const ConfigEntry* ConfigEntry::find(std::string_view nested_key) const {
    const auto at = std::find_if(nested.rbegin(), nested.rend(), [&](const ConfigEntry& entry) {
        return entry.key == nested_key;
    });
    return at == nested.rend() ? nullptr : &*at;
}

const ConfigEntry* ConfigSection::find(std::string_view key) const {
    const ConfigEntry* const own = find_entry(entries, key);
    return own == nullptr && defaults != nullptr ? defaults->find(key) : own;
}

std::optional<std::string_view> ConfigSection::value(std::string_view key) const {
    const ConfigEntry* entry = find(key);
    return entry == nullptr || entry->value.empty() ? std::nullopt : std::optional(entry->value);
}

std::vector<const ConfigEntry*> ConfigSection::all_entries() const {
    std::vector<const ConfigEntry*> all;
    for (const ConfigEntry& entry : entries) {
        all.push_back(&entry);
    }
    if (defaults != nullptr) {
        for (const ConfigEntry& entry : defaults->entries) {
            if (find(entry.key) == &entry) {
                all.push_back(&entry);
            }
        }
    }
    return all;
}

Parsed<ConfigFile> ConfigFile::parse(Secret text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    ConfigFile file(std::move(text));
    std::string_view rest = file.text_.reveal();
    if (rest.size() > kConfigFileBytesMax) {
        return ParseProblem{fmt::format("1:1: it has more than {} bytes", kConfigFileBytesMax)};
    }
    if (rest.starts_with(kByteOrderMark)) {
        rest.remove_prefix(kByteOrderMark.size());
    }
    LineReader reader(file.sections_, *file.defaults_, file.continued_);
    MaybeProblem problem;
    while (!problem && !rest.empty()) {
        problem = reader.next(take_line(rest));
    }
    if (!problem) {
        problem = reader.end();
    }
    if (problem) {
        return ParseProblem{
            fmt::format("{}:{}: {}", problem->line, problem->column, problem->text)};
    }
    return file;
}

const ConfigSection* ConfigFile::find(std::string_view kind, std::string_view name) const {
    const auto at =
        std::find_if(sections_.rbegin(), sections_.rend(), [&](const ConfigSection& section) {
            return section.kind == kind && section.name == name;
        });
    return at == sections_.rend() ? nullptr : &*at;
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
