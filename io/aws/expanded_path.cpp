// SPDX-License-Identifier: Apache-2.0
#include "io/aws/expanded_path.hpp"

#include <algorithm>

namespace keyferry::io {

namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// A variable's name in a text, and how many characters refer to it.
struct VariableName {
    std::string name;
    std::size_t size = 0;  ///< with '$' and braces; 0 if there is no variable
};

/// Returns the variable at the beginning of `text`, which starts with '$'.
VariableName variable_at_front(std::string_view text) {
    if (text.substr(1).starts_with('{')) {
        const std::size_t end = text.find('}');
        return end == std::string_view::npos
                   ? VariableName{}
                   : VariableName{std::string(text.substr(2, end - 2)), end + 1};
    }
    const auto* const end = std::find_if_not(text.begin() + 1, text.end(), is_name_character);
    const std::size_t size = static_cast<std::size_t>(end - text.begin());
    return size == 1 ? VariableName{} : VariableName{std::string(text.substr(1, size - 1)), size};
}

std::string with_variables(std::string_view path, const Environment& environment) {
    std::string expanded;
    while (!path.empty()) {
        const std::size_t begin = std::min(path.find('$'), path.size());
        expanded += path.substr(0, begin);
        path.remove_prefix(begin);
        if (path.empty()) {
            break;
        }
        const VariableName found = variable_at_front(path);
        const char* const value = found.size == 0 ? nullptr : environment(found.name.c_str());
        const std::size_t size = std::max<std::size_t>(found.size, 1);
        expanded += value == nullptr ? path.substr(0, size) : std::string_view(value);
        path.remove_prefix(size);
    }
    return expanded;
}

}  // namespace

std::string expanded_path(std::string_view path, const Environment& environment) {
    std::string expanded = with_variables(path, environment);
    const std::optional<std::string_view> home = variable(environment, "HOME");
    if (!home || !(expanded == "~" || expanded.starts_with("~/"))) {
        return expanded;
    }
    const std::string_view folder = home->substr(0, home->find_last_not_of('/') + 1);
    expanded.replace(0, 1, folder);
    return expanded.empty() ? "/" : expanded;
}

}  // namespace keyferry::io
