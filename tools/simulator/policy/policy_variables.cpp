// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/policy_variables.hpp"

#include <cstddef>
#include <utility>

namespace keyferry::simulator {

namespace {

/// Returns the value of the variable in ${...}.
std::optional<std::string> value_of(std::string_view name, const RequestContext& context) {
    if (name == "*" || name == "?" || name == "$") {
        return std::string(name);
    }
    const std::size_t comma = name.find(',');
    const auto* values = context.find(io::lower_case(name.substr(0, comma)));
    if (values != nullptr && values->size() == 1) {
        return values->front();
    }
    const std::size_t from = name.find('\'');
    const std::size_t until = name.rfind('\'');
    if (comma == std::string_view::npos || from == until) {
        return std::nullopt;
    }
    return std::string(name.substr(from + 1, until - from - 1));
}

/// Calls `add_text` for the text between variables and `add_value` for the values of variables.
/// Returns false if a variable has no value.
template <typename AddText, typename AddValue>
bool replace_variables(std::string_view text,
                       const RequestContext& context,
                       AddText add_text,
                       AddValue add_value) {
    for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${")) {
        const std::size_t end = text.find('}', at);
        if (end == std::string_view::npos) {
            break;
        }
        const auto value = value_of(text.substr(at + 2, end - at - 2), context);
        if (!value) {
            return false;
        }
        add_text(text.substr(0, at));
        add_value(*value);
        text.remove_prefix(end + 1);
    }
    add_text(text);
    return true;
}

}  // namespace

std::optional<std::string> text_with_variables(std::string_view text,
                                               const RequestContext& context) {
    std::string replaced;
    const auto append = [&](std::string_view part) {
        replaced.append(part);
    };
    return replace_variables(text, context, append, append) ? std::optional(std::move(replaced))
                                                            : std::nullopt;
}

std::optional<WildcardPattern> pattern_with_variables(std::string_view text,
                                                      const RequestContext& context) {
    WildcardPattern pattern;
    const bool is_complete = replace_variables(
        text,
        context,
        [&](std::string_view part) { pattern.append_pattern(part); },
        [&](std::string_view value) { pattern.append_literal(value); });
    return is_complete ? std::optional(std::move(pattern)) : std::nullopt;
}

}  // namespace keyferry::simulator
