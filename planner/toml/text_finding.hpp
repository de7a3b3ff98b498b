// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/diagnostic.hpp"

#include <cstddef>
#include <string>

namespace keyferry::planner {

/// A complaint about one text that does not know yet in which file the text stands.
struct TextFinding {
    Severity severity = Severity::error;
    std::size_t offset = 0;  ///< in bytes
    std::string text;
};

}  // namespace keyferry::planner
