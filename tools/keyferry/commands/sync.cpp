// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/run/sync_fleet.hpp"
#include "tools/keyferry/run/undo_sync.hpp"

#include <memory>

namespace keyferry::cli {

namespace {

constexpr const char* kSyncFooter = R"(Examples:
  keyferry sync fleet.toml --dry-run
      Show how the policy, tags, description, aliases and state of existing replicas differ from
      fleet.toml, and the changes that sync would make. Changes nothing.
  keyferry sync fleet.toml
      Save the previous values to the journal fleet.sync-<time>.journal, then make the changes:
      PutKeyPolicy, TagResource, UpdateKeyDescription and CreateAlias in the Regions of the
      replicas, and EnableKey and DisableKey where the spec sets enabled = false or "copy".
  keyferry sync fleet.toml --part aliases
      Create missing aliases, for example after a first run (ReplicateKey cannot create them).
  keyferry sync fleet.toml --part enabled
      Enable replicas that are Disabled but should be Enabled, even if the Region of their primaries
      is down. Without --part, sync calls EnableKey and DisableKey only for groups with enabled =
      false or "copy".
  keyferry sync fleet.toml --undo fleet.sync-20261124T180000123Z.journal
      Restore the previous values. fleet.toml provides only run settings and the profiles and roles
      of accounts; omit it if it contains none of these.
  keyferry status fleet.sync-20261124T180000123Z.journal
      Show which changes were made.

sync never changes primaries, replicas that are not in the spec, properties that the spec does not
set, additional tags and aliases of a replica, or aliases that belong to another key. If sync is
interrupted or killed, run the same command again: it compares the replicas again, makes the
remaining changes and records them in a new journal.

--undo restores a property only if it still has the value that the sync set. It also removes the
tags that the sync added and deletes the aliases that the sync created. If someone else has changed
a property since, or the journals contradict each other about it, the property is reported but not
restored. To undo several syncs, pass all their journals, in any order. If a journal is damaged, the
undo restores the properties whose previous values and outcomes are intact; undo such a journal
separately, after the journals of later syncs. An undo writes its own journal,
fleet.undo-<time>.journal, and can itself be undone. 'keyferry permissions --sync' prints the IAM
policy for a sync and its undo.

Exit codes: 0 all existing replicas match the spec, or everything was restored; 2 with --dry-run
--detailed-exitcode, something would be changed; --max-changes is exceeded; 3 usage, or invalid spec
or journal; 4 a replica is unusable (disabled, pending import, pending deletion or
unavailable) or its primary has moved, a change was refused, the spec sets the same alias for
several keys, or --undo could not restore something because it has been changed since or the journal
is damaged; 5 some calls got no response, or replicas are being created; 6 credentials are missing
or refused, or access was denied and nothing else failed; 74 a journal could not be read or written
(nothing is sent after that); 75 another sync or undo of the fleet is running; 130 interrupted. 2
takes precedence over 4, 5 and 6, and 5 over 4 and 6.)";

int sync(const SyncOptions& options) {
    if (options.undo.empty()) {
        if (options.fleet.empty()) {
            throw UsageError("FLEET", "is required without --undo");
        }
        return sync_fleet(options);
    }
    if (!options.filter.filter.is_empty()) {
        throw UsageError("--undo", "cannot be combined with filters other than --part");
    }
    return undo_syncs(options);
}

}  // namespace

void add_sync_command(Command& parent) {
    auto options = std::make_shared<SyncOptions>();
    Command command = parent.command(
        "sync", "Update the policy, tags, description and aliases of existing replicas");
    command.footer(kSyncFooter);
    command.argument("FLEET", options->fleet, "Fleet spec, a TOML file; not required with --undo")
        .not_required();
    command
        .option(
            "--undo",
            options->undo,
            "Undo the sync recorded in this journal by restoring the previous values; repeatable")
        .type_name("JOURNAL")
        .single_value();
    command.option("--part", options->parts, "Change only this part of each replica; repeatable")
        .one_of({"policy", "tags", "description", "aliases", "enabled"});
    command
        .option("--journal",
                options->journal,
                "Journal to create, with the previous values; must not exist yet "
                "[fleet.sync-<time>.journal for fleet.toml]")
        .type_name("FILE");
    command.option("--max-changes",
                   options->changes_max,
                   "Change nothing if more changes than this are needed");
    command.flag("--dry-run", options->dry_run, "Show the changes without making them");
    command.flag("--detailed-exitcode",
                 options->detailed_exitcode,
                 "With --dry-run, exit with 2 if something would be changed");
    command.flag("--json", options->json, "Print the report as JSON");
    add_progress_option(command, options->progress);
    add_kms_options(command, options->kms);
    add_filter_options(command, options->filter);
    command.on_run([options](const CommandWords& words) {
        options->words = words;
        return sync(*options);
    });
}

}  // namespace keyferry::cli
