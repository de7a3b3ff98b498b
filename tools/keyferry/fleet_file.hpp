#pragma once

#include "planner/plan.hpp"

#include <optional>
#include <string>

namespace keyferry {

/// Reads the fleet spec at `path` and the files that it names, prints every problem to standard
/// error, one a line, and how many there were. The plan; nothing when there were errors (the
/// command then ends with exit_usage).
std::optional<Plan> read_fleet_file(const std::string& path);

}  // namespace keyferry
