// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/rerun_command.hpp"

#include "io/names/shell_word.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace keyferry::cli {

namespace {

/// Returns `word` without the user name and password of a URL in it.
std::string without_credentials(const std::string& word) {
    constexpr std::string_view kScheme = "://";
    const std::size_t scheme = word.find(kScheme);
    if (scheme == std::string::npos) {
        return word;
    }
    const std::size_t begin = scheme + kScheme.size();
    const std::size_t at = word.rfind('@');
    return at == std::string::npos || at < begin ? word
                                                 : word.substr(0, begin) + "..." + word.substr(at);
}

}  // namespace

std::string rerun_command(const CommandWords& words) {
    std::string command;
    for (const std::string& word : words) {
        command += command.empty() ? "" : " ";
        command += io::shell_word(without_credentials(word));
    }
    return command;
}

CommandWords with_option(CommandWords words, std::string_view option, std::string_view value) {
    constexpr std::ptrdiff_t kProgramAndCommand = 2;
    const auto size = static_cast<std::ptrdiff_t>(words.size());
    const auto place = words.begin() + std::min(size, kProgramAndCommand);
    words.insert(place, {std::string(option), std::string(value)});
    return words;
}

CommandWords without_option(const CommandWords& words, std::string_view option) {
    CommandWords kept;
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (*word == "--") {  // no options follow
            kept.insert(kept.end(), word, words.end());
            break;
        }
        if (*word == option) {
            word += word + 1 == words.end() ? 0 : 1;
        } else if (!word->starts_with(std::string(option) + "=")) {
            kept.push_back(*word);
        }
    }
    return kept;
}

}  // namespace keyferry::cli
