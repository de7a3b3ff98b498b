// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "io/names/parsed.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Parses the AWS tools' INI files, ~/.aws/config and ~/.aws/credentials, like botocore (the AWS CLI
// and boto3), which uses Python's configparser.
//
//   [DEFAULT]               # other sections inherit its keys
//   [profile name]          # in config; bare "[name]" in credentials, "[default]" in both
//   key = value             # or "key: value"; keys in any case; comments only on their own lines
//     continuation          # a line indented more deeply than its key continues the value
//   s3 =                    # an empty value that is continued by "key = value" lines: a block
//     addressing_style = path
//
// A section header ends at the last ']' of its line; further text is ignored. botocore refuses a
// whole file that has a line of another form, or a repeated section or key. So does this parser,
// because continuing could lead to signing with credentials that the user did not intend. Unlike
// botocore, it accepts a byte order mark and bytes that are not UTF-8.

namespace keyferry::io {

inline constexpr std::size_t kConfigFileBytesMax = 1'048'576;
inline constexpr std::size_t kConfigLineBytesMax = 16'384;
inline constexpr std::size_t kConfigSectionsMax = 10'000;

/// A key and its value. The views refer to the ConfigFile's text.
struct ConfigEntry {
    std::string_view key;
    std::string_view value;  ///< without surrounding white space; may be empty. The lines of a
                             ///< continued value are separated by '\n'. Starts with '\n' if it is
                             ///< a block
    std::size_t line = 0;    ///< starting at 1
    std::vector<ConfigEntry> nested;  ///< the block, if it is one; later values take precedence

    /// Returns the entry of the block with this key (case-sensitive), or nullptr.
    [[nodiscard]] const ConfigEntry* find(std::string_view nested_key) const;
};

/// A `[header]` and its entries. In the credentials file, the header is a profile name. In the
/// configuration file, it is "default", or a kind and a name.
struct ConfigSection {
    std::string_view header;  ///< all characters between the brackets, including white space
    std::string_view kind;    ///< "profile" (also for [default]), "sso-session", "services"; empty
                              ///< for other headers. As in botocore, a header has this kind if it
                              ///< begins with the word and consists of two shell words:
                              ///< [profiles "my name"]
    std::string name;         ///< the second of these words
    std::size_t line = 0;
    std::vector<ConfigEntry> entries;
    const ConfigSection* defaults = nullptr;  ///< the section [DEFAULT]; nullptr only in itself

    /// Returns the entry with this key (case-insensitive), also if it is inherited from [DEFAULT],
    /// or nullptr.
    [[nodiscard]] const ConfigEntry* find(std::string_view key) const;
    /// Returns the value of this key; nullopt if it is missing or empty.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view key) const;
    /// Returns all entries, including those inherited from [DEFAULT].
    [[nodiscard]] std::vector<const ConfigEntry*> all_entries() const;
};

/// A parsed file. It owns the text, which may contain secrets, and wipes it on destruction.
class ConfigFile {
  public:
    /// Errors start with the line and column ("7:1: ..."). They quote keys and section names, but
    /// never values, which may be secrets.
    [[nodiscard]] static Parsed<ConfigFile> parse(Secret text);

    /// Returns the sections except [DEFAULT].
    [[nodiscard]] const std::vector<ConfigSection>& sections() const { return sections_; }

    /// Returns the last section with this kind and name, or nullptr. As in botocore, it replaces
    /// earlier ones: [profile "dr"] replaces [profile dr], and [profile default] and [default]
    /// replace each other.
    [[nodiscard]] const ConfigSection* find(std::string_view kind, std::string_view name) const;
    /// Returns the section [header], or nullptr.
    [[nodiscard]] const ConfigSection* find(std::string_view header) const;

  private:
    explicit ConfigFile(Secret text)
        : text_(std::move(text)), defaults_(std::make_unique<ConfigSection>()) {}

    Secret text_;
    std::deque<Secret> continued_;  ///< the continued values, to which entries refer
    std::vector<ConfigSection> sections_;
    std::unique_ptr<ConfigSection> defaults_;  ///< sections refer to it, also after a move
};

}  // namespace keyferry::io
