// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string_view>

namespace keyferry::io {

/// A function that returns the value of the environment variable `name`, or nullptr if it is not
/// set. In production, it calls std::getenv; tests provide their own function. It returns a pointer
/// instead of a string so that secrets are not copied.
using Environment = std::function<const char*(const char* name)>;

/// Returns the value of a variable; nullopt if it is unset or empty. (AWS tools treat empty
/// variables as unset.)
[[nodiscard]] inline std::optional<std::string_view> variable(const Environment& environment,
                                                              const char* name) {
    const char* value = environment(name);
    if (value == nullptr || *value == '\0') {
        return std::nullopt;
    }
    return value;
}

}  // namespace keyferry::io
