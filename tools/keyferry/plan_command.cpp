#include "engine/forecast.hpp"
#include "planner/plan_report.hpp"
#include "tools/keyferry/answer.hpp"
#include "tools/keyferry/commands.hpp"
#include "tools/keyferry/cost_limit.hpp"
#include "tools/keyferry/exit_codes.hpp"
#include "tools/keyferry/fleet_file.hpp"
#include "tools/keyferry/rehearsal.hpp"
#include "tools/keyferry/simulation.hpp"

#include <map>
#include <memory>
#include <string>

namespace keyferry {

namespace {

struct PlanOptions {
    std::string fleet;
    std::string format = "text";
    bool json = false;
    bool list_jobs = false;
    bool detailed_exitcode = false;
    CostLimit cost_limit;
    SimulationOptions simulation;
};

constexpr const char* kFooter = R"(Examples:
  keyferry plan fleet.toml
      Check the spec and say what a run would do, how long it takes and which quota
      decides that. Asks nobody.
  keyferry plan fleet.toml --simulate --fault throttle=0.1
      Also run the plan against the built-in simulator in virtual time, and tell how it went.
  keyferry plan fleet.toml --format html > plan.html
      The same with pictures, in one file that loads nothing; markdown is for pull requests.
  keyferry plan fleet.toml --json | jq .forecast.seconds

A plan compares with nothing yet: it counts every replica that the spec asks for, whether it is there
already or not. A run adopts those that are.
Exit code: 0; 2 with --detailed-exitcode when there is work to do; 3 for mistakes in the spec
and when --max-cost is passed.)";

const std::map<std::string, decltype(&write_plan_text)> kWriters{{"text", write_plan_text},
                                                                 {"json", write_plan_json},
                                                                 {"markdown", write_plan_markdown},
                                                                 {"html", write_plan_html}};

int plan_fleet(const PlanOptions& options) {
    const std::optional<Plan> plan = read_fleet_file(options.fleet);
    if (!plan) {
        return exit_usage;
    }
    const SimulatorSettings simulator = simulator_settings(options.simulation);
    PlanReportOptions report;
    report.list_jobs = options.list_jobs;
    const std::string format = options.json ? "json" : options.format;
    const auto write = kWriters.at(format);
    const PlanReview review = unsurveyed_review(*plan);
    write(*plan, review, forecast(*plan), report, [&](std::string_view piece) {
        // Names of the spec are somebody's words; JSON escapes them itself.
        print_answer(format == "json" ? std::string(piece) : printable(piece));
    });
    if (options.simulation.simulate) {
        const Rehearsal rehearsal = rehearse(*plan, simulator);
        if (format == "text") {
            print_answer("\n" + rehearsal_text(rehearsal) + "\n");
        } else {
            print_note(rehearsal_text(rehearsal));  // standard output holds one document
        }
    }
    if (!keeps_to(options.cost_limit, *plan, review)) {
        return exit_usage;
    }
    return options.detailed_exitcode && !plan->jobs.empty() ? exit_changes : exit_done;
}

}  // namespace

void add_plan_command(CLI::App& app, CommandBody& body) {
    auto options = std::make_shared<PlanOptions>();
    CLI::App* command =
        app.add_subcommand("plan", "Check a fleet spec and say what a run of it would do");
    command->footer(kFooter);
    command->add_option("FLEET", options->fleet, "The fleet spec, a TOML file")->required();
    auto* format = command->add_option("--format", options->format, "How the report is written")
                       ->check(CLI::IsMember(kWriters))
                       ->capture_default_str();
    command->add_flag("--json", options->json, "The same as --format json")->excludes(format);
    command->add_flag("--list-jobs",
                      options->list_jobs,
                      "Also list every (key, Region) with what it needs and why");
    command->add_flag(
        "--detailed-exitcode", options->detailed_exitcode, "Exit with 2 when there is work to do");
    add_cost_option(*command, options->cost_limit);
    add_simulation_options(*command, options->simulation);
    command->callback([&body, options] {
        body = [options] {
            return plan_fleet(*options);
        };
    });
}

}  // namespace keyferry
