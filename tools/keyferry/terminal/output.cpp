// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/output.hpp"

#include "io/names/terminal_text.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>

namespace keyferry::cli {

void write_stdout(std::string_view text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!written || std::fflush(stdout) != 0) {
        throw std::runtime_error(fmt::format("cannot write to standard output: {}",
                                             std::generic_category().message(errno)));
    }
}

void log_message(std::string_view text) {
    const std::string line = log_line(text);
    // Errors are ignored, because there is no other place to report them.
    std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string log_line(std::string_view text) {
    return "keyferry: " + io::terminal_text(text) + "\n";
}

}  // namespace keyferry::cli
