#pragma once

#include "planner/plan.hpp"
#include "planner/spec_problem.hpp"
#include "planner/spec_source.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry {

/// What came of reading a fleet spec.
struct FleetLoad {
    /// There exactly when no problem is an error.
    std::optional<Plan> plan;
    /// All complaints, by file, line and column; warnings among them. Print each with line_of().
    std::vector<SpecProblem> problems;
};

/// The whole way from the text of a fleet spec to the plan. `file_name` stands in the complaints,
/// and the files that the spec names are taken relative to its folder. `read_file` is called for
/// each of them. Throws nothing of its own.
FleetLoad load_fleet(std::string_view text,
                     const std::string& file_name,
                     const FileReader& read_file);

}  // namespace keyferry
