// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string_view>

namespace keyferry::io {

/// How this room reads environment variables: the value of `name`, or nullptr. std::getenv fits;
/// tests bring their own. Pointers rather than strings, so that secrets are not copied around.
using Environment = std::function<const char*(const char* name)>;

/// The variable's value; nothing where it is unset or empty (AWS tools count empty as unset).
[[nodiscard]] inline std::optional<std::string_view> variable(const Environment& environment,
                                                              const char* name) {
    const char* value = environment(name);
    if (value == nullptr || *value == '\0') {
        return std::nullopt;
    }
    return value;
}

}  // namespace keyferry::io
