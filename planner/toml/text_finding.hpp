// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/diagnostic.hpp"

#include <cstddef>
#include <string>

namespace keyferry::planner {

/// A diagnostic about a text whose file is not yet known.
struct TextFinding {
    Severity severity = Severity::error;
    std::size_t offset = 0;  ///< in bytes
    std::string text;
};

}  // namespace keyferry::planner
