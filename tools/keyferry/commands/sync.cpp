// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/text.hpp"
#include "engine/run/sync_run.hpp"
#include "io/clock/steady_clock.hpp"
#include "io/file/output_file.hpp"
#include "io/names/in_quotes.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/review/replica_drift.hpp"
#include "planner/review/replica_sync.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/fleet/plan_to_run.hpp"
#include "tools/keyferry/fleet/survey_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/failed_lookups.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/sync_report.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

struct SyncOptions : FleetOptions {
    std::string record;  ///< empty: next to the fleet spec
    std::vector<std::string> parts;
    std::optional<std::uint64_t> changes_max;
    bool dry_run = false;
    bool detailed_exitcode = false;
};

constexpr const char* kSyncFooter = R"(Examples:
  keyferry sync fleet.toml --dry-run
      Show how the policy, tags, description and aliases of existing replicas differ from
      fleet.toml, and the changes that sync would make. Changes nothing.
  keyferry sync fleet.toml
      Make the changes: PutKeyPolicy, TagResource, UpdateKeyDescription and CreateAlias in the
      Regions of the replicas. The previous values are saved to fleet.sync-<time>.jsonl first.
  keyferry sync fleet.toml --part aliases
      Create missing aliases, for example after a first run (ReplicateKey cannot create them).

Never changed: primaries; replicas that the spec does not name, and properties that it does not set;
additional tags and aliases of a replica; aliases that belong to another key. If sync is
interrupted, run the same command again: it compares again and continues with what is left.
'keyferry permissions --sync' prints the IAM policy.

Exit codes: 0 everything matches the spec; 2 with --dry-run --detailed-exitcode if something
differs; 3 invalid spec, or --max-changes exceeded; 4 a change was refused, or the spec sets the
same alias for several keys; 5 some calls got no response, or some existing replicas could not be
compared; 6 credentials are missing or refused, or all failed calls were denied; 74 the record could
not be written (nothing was changed); 130 interrupted.)";

std::uint8_t parts_of(const SyncOptions& options) {
    unsigned parts = 0;
    for (const planner::SyncStep step : planner::kSyncSteps) {
        const bool is_selected =
            options.parts.empty() ||
            std::find(options.parts.begin(), options.parts.end(), name_of(step)) !=
                options.parts.end();
        if (is_selected) {
            parts |= step;
        }
    }
    return static_cast<std::uint8_t>(parts);
}

std::string now_text() {
    return engine::journal_time(
        std::chrono::floor<io::WallTime::duration>(std::chrono::system_clock::now()));
}

/// "fleet.sync-20261124T180000123Z.jsonl" next to the spec. With milliseconds, because the next
/// sync may follow within a second.
std::string record_path(const SyncOptions& options, const std::string& now) {
    if (!options.record.empty()) {
        return options.record;
    }
    std::string stamp;
    for (const char c : now.substr(0, 23)) {
        if (c != '-' && c != ':' && c != '.') {
            stamp += c;
        }
    }
    std::filesystem::path path(options.fleet);
    path.replace_extension(fmt::format(".sync-{}Z.jsonl", stamp));
    return path.string();
}

/// Saves the current values of the replicas before any change. Returns false after logging the
/// error.
bool write_record(const SyncReport& report, const std::string& made) {
    const std::error_code error =
        io::write_file(report.record, io::IfExists::refuse, [&](const auto& sink) {
            planner::write_sync_record(report.plan, report.syncs, kToolVersion, made, sink);
        });
    if (error) {
        log_message(
            fmt::format("cannot save the current values of the replicas to {}: {}; nothing was "
                        "changed. Use --record to choose another file",
                        report.record,
                        error.message()));
    }
    return !error;
}

void print_report(const SyncOptions& options, const SyncReport& report) {
    write_stdout(options.json ? sync_report_json(report) : sync_report_text(report));
}

std::string progress_of(const engine::SyncRun& run, bool as_json) {
    const engine::SyncCounts at = run.counts();
    if (as_json) {
        return fmt::format(
            R"({{"changes":{},"made":{},"failed":{}}})", at.changes, at.made, at.failed);
    }
    return fmt::format("{} of {} changes made, {} failed",
                       planner::with_thousands(at.made),
                       planner::with_thousands(at.changes),
                       planner::with_thousands(at.failed + at.unknown));
}

/// Makes the changes and prints the report. `survey_exit_code` is the exit code of the survey.
int change(const SyncOptions& options,
           SyncReport report,
           KmsAccess& kms,
           asio::io_context& io,
           io::Clock& clock,
           int survey_exit_code) {
    const std::string made = now_text();
    report.record = record_path(options, made);
    if (!write_record(report, made)) {
        return exit_journal;
    }
    log_message(fmt::format("{} changes to {} replicas; their current values are saved in {}",
                            planner::with_thousands(changes_of(report.syncs)),
                            planner::with_thousands(report.syncs.size()),
                            report.record));
    CallSession session(report.plan.settings,
                        kms,
                        io,
                        clock,
                        progress_style(options.progress, options.json),
                        CallKind::changes);
    engine::SyncRun run(report.plan, report.syncs, session.calls());
    const int ended = session.run([&] { return run.run(); },
                                  [&](bool as_json) { return progress_of(run, as_json); });
    report.run = &run;
    print_report(options, report);
    const int changed = exit_code_of(run);
    return ended != exit_done ? ended : changed != exit_done ? changed : survey_exit_code;
}

/// Differences found by the survey.
struct Differences {
    std::vector<planner::ReplicaSync> syncs;
    std::uint64_t replicas_missing = 0;
    std::uint64_t replicas_compared = 0;
    std::uint64_t replicas_not_compared = 0;
    int exit_code = exit_done;  ///< the command's exit code if the changes succeed
};

void count_replicas(const planner::Plan& plan,
                    const planner::Inventory& inventory,
                    const planner::PlanReview& review,
                    Differences& found) {
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const planner::ActionReason reason = review.verdicts[job].reason;
        if (reason == planner::ActionReason::primary_unseen ||
            reason == planner::ActionReason::primary_denied) {
            ++found.replicas_not_compared;  // unknown whether they exist
            continue;
        }
        switch (review.verdicts[job].action) {
            case planner::JobAction::create:
            case planner::JobAction::blocked:
                ++found.replicas_missing;
                break;
            case planner::JobAction::exists:
            case planner::JobAction::sync:
            case planner::JobAction::conflict:
                ++(planner::is_compared(plan, inventory, review, job)
                       ? found.replicas_compared
                       : found.replicas_not_compared);
                break;
        }
    }
}

/// Drops aliases that the spec sets for more than one key from the changes, and logs them. Returns
/// false if there are any.
bool check_shared_aliases(const planner::Plan& plan,
                          const planner::Inventory& inventory,
                          std::vector<planner::ReplicaSync>& syncs) {
    constexpr std::size_t kNamedMax = 10;
    const auto shared = planner::shared_aliases(plan, inventory);
    if (shared.empty()) {
        return true;
    }
    std::size_t named = 0;
    for (const auto& [place, name] : shared) {
        if (++named <= kNamedMax) {
            log_message(fmt::format("alias {} in {} of account {} is set for several keys",
                                    io::in_quotes(name),
                                    place.region.name(),
                                    place.account.digits()));
        }
    }
    log_message(
        fmt::format("{} aliases are set for several keys and were not created: an alias belongs to "
                    "one key. Correct the spec",
                    shared.size()));
    for (planner::ReplicaSync& sync : syncs) {
        const io::AccountRegion place = planner::replica_location(plan, plan.jobs.at(sync.job));
        std::erase_if(sync.aliases, [&](const std::string& name) {
            return shared.contains({place, name});
        });
    }
    std::erase_if(syncs, [](const planner::ReplicaSync& sync) { return sync.calls() == 0; });
    return false;
}

/// Surveys the replicas and adds the values to copy to the plan. Returns nullopt after logging the
/// error and setting `exit_code`.
std::optional<Differences> find_differences(const SyncOptions& options,
                                            RunPlan& fleet,
                                            asio::io_context& io,
                                            io::Clock& clock,
                                            int& exit_code) {
    planner::Plan& plan = fleet.plan;
    log_message(fmt::format("checking {}: {}",
                            planner::counted(plan.jobs.size(), "replica", "replicas"),
                            fleet.kms->description()));
    SurveyEnd end = survey_kms(plan,
                               fleet.found,
                               *fleet.kms,
                               io,
                               clock,
                               progress_style(options.progress, options.json),
                               engine::ReadContents::of_keys_and_replicas);
    if (!end.inventory) {
        exit_code = end.exit_code;
        return std::nullopt;
    }
    Differences found;
    found.exit_code = log_failed_lookups(plan, *end.inventory, true);
    planner::set_contents(plan, std::move(end.inventory->contents));
    const planner::PlanReview review = planner::compare_with_inventory(plan, *end.inventory);
    const std::uint8_t parts = parts_of(options);
    for (const planner::JobIndex job : planner::jobs_to_sync(review, parts)) {
        found.syncs.push_back(planner::replica_sync(plan, *end.inventory, review, job, parts));
    }
    count_replicas(plan, *end.inventory, review, found);
    if (found.exit_code == exit_done && found.replicas_not_compared > 0) {
        found.exit_code = exit_work_left;
    }
    if ((parts & planner::sync_aliases) != 0 &&
        !check_shared_aliases(plan, *end.inventory, found.syncs)) {
        found.exit_code = exit_jobs_failed;
    }
    if (fleet.lacks_denied_keys) {
        log_message(
            "access to keys that groups may select was denied, see above; these keys are left out");
        found.exit_code = exit_permission;
    }
    return found;
}

int sync_fleet(const SyncOptions& options) {
    asio::io_context io{1};
    io::SteadyClock clock(io);
    int exit_code = exit_done;
    std::optional<RunPlan> fleet = plan_fleet(options, io, clock, exit_code);
    if (fleet && !fleet->kms) {
        fleet->kms = open_kms_for(options, scope_of(fleet->plan), io, clock, exit_code);
    }
    if (!fleet || !fleet->kms) {
        return exit_code;
    }
    const std::optional<Differences> found =
        find_differences(options, *fleet, io, clock, exit_code);
    if (!found) {
        return exit_code;
    }
    const std::uint64_t changes = changes_of(found->syncs);
    if (options.changes_max && changes > *options.changes_max) {
        log_message(fmt::format(
            "{} changes exceed --max-changes {}; nothing was changed. Use --dry-run to show them",
            planner::with_thousands(changes),
            planner::with_thousands(*options.changes_max)));
        return exit_usage;
    }
    SyncReport report{fleet->plan,
                      found->syncs,
                      parts_of(options),
                      found->replicas_missing,
                      found->replicas_compared,
                      found->replicas_not_compared,
                      nullptr,
                      {}};
    if (changes > 0 && !options.dry_run) {
        return change(options, std::move(report), *fleet->kms, io, clock, found->exit_code);
    }
    print_report(options, report);
    const bool reports_changes = options.detailed_exitcode && changes > 0;
    return found->exit_code != exit_done ? found->exit_code
           : reports_changes             ? exit_changes
                                         : exit_done;
}

}  // namespace

void add_sync_command(Command& parent) {
    auto options = std::make_shared<SyncOptions>();
    Command command = parent.command(
        "sync", "Update the policy, tags, description and aliases of existing replicas");
    command.footer(kSyncFooter);
    command.argument("FLEET", options->fleet, "Fleet spec, a TOML file");
    command.option("--part", options->parts, "Change only this part; repeatable")
        .one_of({"policy", "tags", "description", "aliases"});
    command.option("--record",
                   options->record,
                   "Where to save the previous values; must not exist [fleet.sync-<time>.jsonl for "
                   "fleet.toml]");
    command.option("--max-changes", options->changes_max, "Refuse to make more changes than this");
    command.flag("--dry-run", options->dry_run, "Show the changes without making them");
    command.flag("--detailed-exitcode",
                 options->detailed_exitcode,
                 "With --dry-run, exit with 2 if something differs");
    command.flag("--json", options->json, "Print the report as JSON");
    add_progress_option(command, options->progress);
    add_kms_options(command, options->kms);
    add_filter_options(command, options->filter);
    command.on_run([options] { return sync_fleet(*options); });
}

}  // namespace keyferry::cli
