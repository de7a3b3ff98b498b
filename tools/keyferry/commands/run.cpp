// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/run/run_fleet.hpp"

#include <memory>

namespace keyferry::cli {

namespace {

constexpr const char* kRunFooter = R"(Examples:
  keyferry run fleet.toml
      Create the missing replicas. Credentials come from the same sources as the AWS CLI's and must
      belong to the accounts of the keys ('keyferry whoami' shows them). Progress is recorded in
      fleet.journal; after a crash, Ctrl-C or power loss, run the same command again to resume.
      Values that the spec copies from the primaries (policy = "copy") are read first; if a primary
      has changed since the journal was started, the run is refused unless --replan is given.
  keyferry run fleet.toml --simulate --fault throttle=0.05,lost=0.01
      Rehearse against the built-in simulator with injected faults, without AWS calls. Each
      rehearsal overwrites fleet.simulated.journal; with --journal, it resumes the named journal
      instead. To run two rehearsals at the same time, give each its own --journal.
  keyferry run fleet.toml --replan
      Resume after fleet.toml has changed: jobs in both plans keep their state, new jobs are added,
      others are dropped (their replicas are kept). The previous journal is kept as
      fleet.journal.old.
  keyferry run fleet.toml --first 20
      Run part of the fleet. A filtered run has its own plan and its own journal,
      fleet.<hash>.journal, where <hash> is derived from the filter options. You can run the whole
      fleet afterwards: existing replicas are detected and counted as "existed".
  keyferry run fleet.toml --shard 1/4 --max-jobs 50000
      Run the first of four shards, unless more than 50,000 replicas would have to be created.
  keyferry run fleet.plan --expect-sha256 5b41...
      Run a saved plan. It must match its current spec or a filtered part of it. Its checksum and
      SHA-256 are not signatures: they detect accidental changes, not forgeries. --expect-sha256
      accepts only the plan that was reviewed.
  keyferry run fleet.toml --replan --retry-failed
      For scheduled runs: apply changes to the fleet, and retry the jobs that failed last time.

Every run first reads the state of all keys and replicas (DescribeKey). It creates only replicas
that do not exist, including those that were deleted after an earlier run had created them.
'keyferry status' prints what the journal records, without calling KMS.

Press Ctrl-C once to stop as soon as the calls in flight have ended and their outcomes are recorded;
press it again to stop immediately.

Exit codes: 0 all done; 2 saved plan out of date, or --max-jobs or --max-cost exceeded; 3 usage or
spec; 4 some jobs failed, are in conflict or have an unusable replica; 5 jobs remain that a rerun
finishes; 6 credentials or permissions; 74 journal; 75 another process holds the journal; 130
interrupted (run again to resume).)";

}  // namespace

void add_run_command(Command& parent) {
    auto options = std::make_shared<RunOptions>();
    Command command = parent.command(
        "run", "Create the replicas of a fleet spec or saved plan; resumes after an interruption");
    command.footer(kRunFooter);
    command.argument(
        "FLEET", options->fleet, "Fleet spec (TOML), or a plan saved by `keyferry plan --out`");
    command.option(
        "--journal",
        options->journal,
        "Journal file [fleet.journal for fleet.toml; fleet.<hash>.journal with filter options]");
    command.flag("--retry-failed",
                 options->retry_failed,
                 "When resuming, retry jobs that failed or were in conflict");
    command.flag("--replan",
                 options->replan,
                 "Resume a journal that was started with an earlier version of the fleet spec; the "
                 "previous journal is kept");
    command.negative_flag("--no-preflight",
                          options->preflight,
                          "Skip the preflight checks (Regions, primaries, clock, disk)");
    command.flag("--json",
                 options->json,
                 "Print the report as JSON on standard output and progress as JSON on standard "
                 "error");
    add_progress_option(command, options->progress);
    add_kms_options(command, options->kms);
    add_filter_options(command, options->filter);
    add_creation_limit_options(command, options->limits);
    add_without_spec_option(command, options->plan_checks);
    add_expect_sha256_option(command, options->plan_checks);
    add_simulation_options(command, options->kms.simulation);
    command.on_run([options](const CommandWords& words) {
        require_plan_file(options->plan_checks, options->fleet);
        options->words = words;
        return run_fleet(*options);
    });
}

}  // namespace keyferry::cli
