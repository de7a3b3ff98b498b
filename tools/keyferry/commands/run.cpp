// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/run/run_session.hpp"

#include <memory>

namespace keyferry::cli {

namespace {

constexpr const char* kRunFooter = R"(Examples:
  keyferry run fleet.toml
      Make every replica that fleet.toml asks for. Credentials are found as the AWS CLI finds them,
      and must be of the accounts whose keys are meant ('keyferry whoami' shows them). Progress is
      kept in fleet.journal; running the same command again after a crash, a Ctrl-C or a power cut
      goes on where it stopped. What the spec copies of its primaries (policy = "copy") is read
      first; if one of them has changed since the journal was begun, the run is refused until
      --replan.
  keyferry run fleet.toml --simulate --fault throttle=0.05,lost=0.01
      Rehearse against the built-in simulator, with a storm. Touches no AWS account. Begins anew each
      time, in fleet.simulated.journal, unless --journal names another.
  keyferry run fleet.toml --replan
      After a change of fleet.toml: jobs of both plans keep their state, new ones are added, others are
      dropped (their replicas stay). The journal as it was stays in fleet.journal.old.
  keyferry run fleet.toml --first 20
      A part of the fleet is a plan of its own, and so has a journal of its own, fleet.<mark>.journal;
      its mark stands for the options, so that the same command goes on with it. Then run the whole:
      the replicas that are there are found and count as existed.
  keyferry run fleet.toml --shard 1/4 --max-jobs 50000
      On the first of four machines; refuses a plan that has grown beyond what was meant.
  keyferry run fleet.toml --profile dr --journal /var/lib/keyferry/dr.journal --retry-failed

Ctrl-C once: no further call; calls in flight are answered and journalled. Twice: stops at once.
Exit code: 0 all done, 3 usage or spec, 4 some jobs failed or in conflict, 5 work left that a rerun
finishes, 6 credentials or permission, 74 journal, 130 interrupted (a rerun resumes).)";

}  // namespace

void add_run_command(Command& parent) {
    auto options = std::make_shared<RunOptions>();
    Command command =
        parent.command("run", "Make the replicas that a fleet spec asks for; resumes by itself");
    command.footer(kRunFooter);
    command.argument("FLEET",
                     options->fleet,
                     "The fleet spec, a TOML file, or a plan that `keyferry plan --out` has saved");
    command.option(
        "--journal",
        options->journal,
        "Where progress is kept [FLEET with .journal in place of .toml; for a part of the "
        "fleet, with .<mark of the options>.journal]");
    command.flag("--retry-failed",
                 options->retry_failed,
                 "On a rerun, also try jobs again that had failed or met a conflict");
    command.flag("--replan",
                 options->replan,
                 "Go on with a journal that was begun before the fleet spec was changed: carries "
                 "over what both plans have; the old journal is kept");
    command.negative_flag(
        "--no-preflight",
        options->preflight,
        "Begin at once, without a look at the Regions, the primaries, the clock and the disk");
    command.flag("--json",
                 options->json,
                 "The report as JSON on standard output, progress as JSON on standard error");
    command.option("--progress", options->progress, "How progress is shown on standard error")
        .one_of({"auto", "bar", "log", "json", "none"})
        .show_default();
    add_kms_options(command, options->kms);
    add_filter_options(command, options->filter);
    add_cost_option(command, options->cost_limit);
    add_simulation_options(command, options->kms.simulation);
    command.on_run([options] { return run_fleet(*options); });
}

}  // namespace keyferry::cli
