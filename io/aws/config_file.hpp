// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "io/names/parsed.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The INI files of AWS's tools: ~/.aws/config and ~/.aws/credentials.
//
//   [profile name]          # in config; bare "[name]" in credentials, "[default]" in both
//   key = value             # keys in any case; only what stands at a line's beginning is a comment
//   s3 =                    # an empty value, and deeper indented lines: a nested block
//     addressing_style = path
//
// Read as the AWS CLI reads them, which is the stricter way: a line that is none of these, a
// repeated section, and a repeated key are errors. The SDKs skip or merge those, and then sign as
// whoever stands first or last.

namespace keyferry::io {

inline constexpr std::size_t kConfigFileBytesMax = 1'048'576;
inline constexpr std::size_t kConfigLineBytesMax = 16'384;
inline constexpr std::size_t kConfigSectionsMax = 10'000;

/// `key = value`. Views into the ConfigFile's text.
struct ConfigEntry {
    std::string_view key;
    std::string_view value;  ///< without white space around it; may be empty
    std::size_t line = 0;    ///< counted from 1
    std::vector<ConfigEntry> nested;

    /// The nested entry with that key, whatever its case; nullptr where there is none.
    [[nodiscard]] const ConfigEntry* find(std::string_view nested_key) const;
};

/// `[header]` and its entries. In the configuration file a header is "default", or a kind and a
/// name; in the credentials file all of it is a profile's name.
struct ConfigSection {
    std::string_view header;
    std::string_view kind;  ///< "profile", "sso-session", "services"; empty for a bare [name]
    std::string_view name;  ///< without quotes around it
    std::size_t line = 0;
    std::vector<ConfigEntry> entries;

    /// The entry with that key, whatever its case; nullptr where there is none.
    [[nodiscard]] const ConfigEntry* find(std::string_view key) const;
    /// Its value; nothing where there is none or it is empty.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view key) const;
};

/// A parsed file. It owns the text, which may hold secrets, and wipes it.
class ConfigFile {
  public:
    /// Problems begin with the line ("line 7: ..."); they repeat keys and section names, never a
    /// value, since it may be a secret.
    [[nodiscard]] static Parsed<ConfigFile> parse(Secret text);

    [[nodiscard]] const std::vector<ConfigSection>& sections() const { return sections_; }

    /// The section [kind name], nullptr where there is none.
    [[nodiscard]] const ConfigSection* find(std::string_view kind, std::string_view name) const;
    /// The section [header], nullptr where there is none.
    [[nodiscard]] const ConfigSection* find(std::string_view header) const;

  private:
    explicit ConfigFile(Secret text) : text_(std::move(text)) {}

    Secret text_;
    std::vector<ConfigSection> sections_;
};

}  // namespace keyferry::io
