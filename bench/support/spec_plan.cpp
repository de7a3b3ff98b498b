// SPDX-License-Identifier: Apache-2.0
#include "bench/support/spec_plan.hpp"

#include "planner/spec/load_fleet.hpp"

#include <stdexcept>
#include <utility>

namespace keyferry::bench {

planner::Plan plan_of_spec(const std::string& spec) {
    planner::FleetLoad load = planner::load_fleet(
        spec, "fleet.toml", [](const std::string&) -> io::Parsed<planner::FileText> {
            return io::ParseProblem{"this spec names no file"};
        });
    if (!load.plan) {
        throw std::runtime_error(load.problems.empty() ? "no plan"
                                                       : planner::line_of(load.problems.front()));
    }
    return *std::move(load.plan);
}

}  // namespace keyferry::bench
