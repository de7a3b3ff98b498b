// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

namespace keyferry::cli {

namespace {

/// `text` with control characters as \xNN, except those in `kept`. C1 characters are two bytes in
/// UTF-8: 0xc2 and one of 0x80 to 0x9f.
std::string escaped(std::string_view text, std::string_view kept) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t index = 0; index < text.size(); ++index) {
        const auto byte = static_cast<unsigned char>(text[index]);
        const bool is_c1 = byte == 0xc2 && index + 1 < text.size() &&
                           (static_cast<unsigned char>(text[index + 1]) & 0xe0U) == 0x80;
        const bool is_c0 =
            (byte < 0x20 && kept.find(text[index]) == std::string_view::npos) || byte == 0x7f;
        if (is_c0) {
            fmt::format_to(std::back_inserter(result), "\\x{:02x}", byte);
        } else if (is_c1) {
            ++index;
            fmt::format_to(
                std::back_inserter(result), "\\x{:02x}", static_cast<unsigned char>(text[index]));
        } else {
            result.push_back(text[index]);
        }
    }
    return result;
}

}  // namespace

void write_stdout(std::string_view text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!written || std::fflush(stdout) != 0) {
        throw std::runtime_error(fmt::format("cannot write to standard output: {}",
                                             std::generic_category().message(errno)));
    }
}

void log_message(std::string_view text) {
    const std::string line = log_line(text);
    // A failure to write to standard error cannot be reported anywhere.
    std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string log_line(std::string_view text) {
    return "keyferry: " + printable(text) + "\n";
}

std::string printable(std::string_view text) {
    return escaped(text, "\n\t");
}

std::string printable_line(std::string_view text) {
    return escaped(text, "");
}

}  // namespace keyferry::cli
