#include "tools/keyferry/answer.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

namespace keyferry {

void print_answer(std::string_view text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!written || std::fflush(stdout) != 0) {
        throw std::runtime_error(
            fmt::format("writing to standard output: {}", std::generic_category().message(errno)));
    }
}

void print_note(std::string_view text) {
    const std::string line = "keyferry: " + printable(text) + "\n";
    // Nobody is left to tell when standard error cannot be written.
    std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string printable(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        const bool is_control =
            (byte < 0x20 && character != '\n' && character != '\t') || byte == 0x7f;
        if (is_control) {
            fmt::format_to(std::back_inserter(shown), "\\x{:02x}", byte);
        } else {
            shown.push_back(character);
        }
    }
    return shown;
}

}  // namespace keyferry
