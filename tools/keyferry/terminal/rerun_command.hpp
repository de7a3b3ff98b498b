// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::cli {

/// The arguments of this program, including its own name.
using CommandWords = std::vector<std::string>;

/// Returns `words` as a command that can be pasted into a shell. The user name and password of a
/// URL are replaced by "...".
[[nodiscard]] std::string rerun_command(const CommandWords& words);

/// Returns `words` with `option` and `value` added after the command, which is the second word.
[[nodiscard]] CommandWords with_option(CommandWords words,
                                       std::string_view option,
                                       std::string_view value);

/// Returns `words` without `option` and its value.
[[nodiscard]] CommandWords without_option(const CommandWords& words, std::string_view option);

}  // namespace keyferry::cli
