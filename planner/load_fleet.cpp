#include "planner/load_fleet.hpp"

#include "planner/fleet_check.hpp"
#include "planner/fleet_toml.hpp"
#include "planner/make_plan.hpp"

#include <utility>

namespace keyferry {

FleetLoad load_fleet(std::string_view text,
                     const std::string& file_name,
                     const FileReader& read_file) {
    FleetLoad load;
    ProblemList problems(file_name);
    if (const std::optional<SpecNode> document = parse_toml(text, problems)) {
        FleetSpec fleet = check_fleet(*document, SpecSource{file_name, text, read_file, problems});
        if (!problems.has_errors()) {
            load.plan = make_plan(std::move(fleet));
        }
    }
    load.problems = problems.sorted();
    return load;
}

}  // namespace keyferry
