// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "io/names/parsed.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Parses the AWS tools' INI files: ~/.aws/config and ~/.aws/credentials.
//
//   [profile name]          # in config; bare "[name]" in credentials, "[default]" in both
//   key = value             # keys in any case; comments only at the beginning of a line
//   s3 =                    # an empty value, then more deeply indented lines: a nested block
//     addressing_style = path
//
// The files are parsed in the same way as by the AWS CLI, which is stricter than the SDKs. Other
// lines, repeated sections and repeated keys are errors. The SDKs ignore or merge them, and if
// credentials are repeated, some SDKs use the first ones and others the last ones.

namespace keyferry::io {

inline constexpr std::size_t kConfigFileBytesMax = 1'048'576;
inline constexpr std::size_t kConfigLineBytesMax = 16'384;
inline constexpr std::size_t kConfigSectionsMax = 10'000;

/// A line `key = value`. The views refer to the ConfigFile's text.
struct ConfigEntry {
    std::string_view key;
    std::string_view value;  ///< without surrounding white space; may be empty
    std::size_t line = 0;    ///< starting at 1
    std::vector<ConfigEntry> nested;

    /// Returns the nested entry with this key (case-insensitive), or nullptr.
    [[nodiscard]] const ConfigEntry* find(std::string_view nested_key) const;
};

/// A `[header]` and its entries. In the configuration file a header is "default", or a kind and a
/// name; in the credentials file it is a profile name.
struct ConfigSection {
    std::string_view header;
    std::string_view kind;  ///< "profile", "sso-session", "services"; empty for a bare [name]
    std::string_view name;  ///< without quotes
    std::size_t line = 0;
    std::vector<ConfigEntry> entries;

    /// Returns the entry with this key (case-insensitive), or nullptr.
    [[nodiscard]] const ConfigEntry* find(std::string_view key) const;
    /// Returns the value of this key; nullopt if it is missing or empty.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view key) const;
};

/// A parsed file. It owns the text, which may contain secrets, and wipes it on destruction.
class ConfigFile {
  public:
    /// Errors start with the line number ("line 7: ..."). They quote keys and section names, but
    /// never values, which may be secrets.
    [[nodiscard]] static Parsed<ConfigFile> parse(Secret text);

    [[nodiscard]] const std::vector<ConfigSection>& sections() const { return sections_; }

    /// Returns the section [kind name], or nullptr.
    [[nodiscard]] const ConfigSection* find(std::string_view kind, std::string_view name) const;
    /// Returns the section [header], or nullptr.
    [[nodiscard]] const ConfigSection* find(std::string_view header) const;

  private:
    explicit ConfigFile(Secret text) : text_(std::move(text)) {}

    Secret text_;
    std::vector<ConfigSection> sections_;
};

}  // namespace keyferry::io
