#include "tools/keyferry/terminal/orphaned_files_note.hpp"

#include "io/file/orphaned_temp_files.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace keyferry {

namespace {

constexpr std::size_t kToldMax = 5;

}  // namespace

std::string unfinished_text(const std::string& file) {
    return fmt::format(
        "{} was left unfinished by a command that was killed, and is of no use. "
        "Remove it, unless a process of another machine is working here.",
        file);
}

void tell_unfinished(const std::string& path) {
    const std::vector<std::string> left = left_unfinished(path);
    for (std::size_t index = 0; index < std::min(left.size(), kToldMax); ++index) {
        print_note(unfinished_text(left[index]));
    }
    if (left.size() > kToldMax) {
        print_note(fmt::format("... and {} more such files", left.size() - kToldMax));
    }
}

}  // namespace keyferry
