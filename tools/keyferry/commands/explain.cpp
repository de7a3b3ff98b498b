// SPDX-License-Identifier: Apache-2.0
#include "engine/report/key_history.hpp"
#include "io/names/key_arn.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/report/document_text.hpp"
#include "planner/report/key_sections.hpp"
#include "planner/summary/replica_check.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/describe_key.hpp"
#include "tools/keyferry/fleet/fleet_pipeline.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/run/default_journal.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/journal_error.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/report_output.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

struct ExplainOptions : FleetOptions {
    std::string key;
    std::string journal;
    bool offline = false;
    PlanChecks plan_checks;
};

constexpr const char* kExplainFooter = R"(Examples:
  keyferry explain mrk-1234abcd12ab34cd56ef1234567890ab fleet.toml
      Show everything that is known about a key: its definition in the spec, its jobs in the
      fleet's journal, and its state in KMS in the primary and replica Regions. The state is
      compared with the spec, as in 'keyferry check'. All calls are read-only.
  keyferry explain arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab \
      fleet.toml --offline
      Show only what the spec and the journal say. The ARN of the primary or of any replica
      identifies the key.
  keyferry explain mrk-1234abcd12ab34cd56ef1234567890ab --journal fleet.journal
      Show only what the journal records.

Exit codes: 0 every replica of the key exists, is usable and matches the spec, or, without calls to
KMS, all of its jobs in the journal are done; 2 some replicas do not, or neither the spec nor the
journal contains the key; 3 usage or invalid spec; 4 without calls to KMS, jobs of the key failed; 5
some replicas could not be checked because KMS did not respond, or a rerun finishes jobs; 6 access
was denied, or credentials are missing or refused (the spec and the journal are shown all the same);
74 the journal cannot be read; 130 interrupted.)";

/// The search for keys was incomplete.
class UnknownSelection : public CommandError {
  public:
    using CommandError::CommandError;
};

/// What is known about the key.
struct Explanation {
    std::optional<Fleet> fleet;
    std::string no_match;  ///< why the fleet does not contain the key
    std::string refusal;   ///< why the calls to KMS were refused; empty if they were not
    std::vector<planner::KeyDescription> descriptions;
    std::optional<engine::KeyHistory> history;

    [[nodiscard]] bool is_in_spec() const { return fleet && !fleet->plan.keys.empty(); }
    [[nodiscard]] bool is_checked() const { return is_in_spec() && fleet->inventory.has_value(); }
};

/// Parses the key ID or ARN. Throws UsageError if it is neither.
engine::KeyName key_named(const std::string& text) {
    if (text.starts_with("arn:")) {
        io::Parsed<io::KeyArn> arn = io::KeyArn::parse(text);
        if (!arn) {
            throw UsageError("KEY", arn.error().text);
        }
        return {std::move(arn->key_id), std::move(arn->account)};
    }
    io::Parsed<io::KeyId> key_id = io::KeyId::parse(text);
    if (!key_id) {
        throw UsageError("KEY", key_id.error().text);
    }
    return {*std::move(key_id), std::nullopt};
}

/// Throws UsageError if the key ID is that of keys in several accounts. `place` is where they were
/// found.
void check_is_one_account(const std::set<io::AccountId>& accounts, std::string_view place) {
    if (accounts.size() < 2) {
        return;
    }
    std::string digits;
    for (const io::AccountId& account : accounts) {
        digits += (digits.empty() ? "" : ", ") + account.digits();
    }
    throw UsageError("KEY",
                     fmt::format("{} has keys with this ID in several accounts ({}): name the key "
                                 "by its ARN",
                                 place,
                                 digits));
}

/// The journal of `--journal`, or that of the fleet if it exists; otherwise empty.
std::string journal_of(const ExplainOptions& options) {
    if (!options.journal.empty() || options.fleet.empty()) {
        return options.journal;
    }
    std::string path = default_run_journal(options.fleet, {}, false);
    std::error_code ignored;
    return std::filesystem::exists(path, ignored) ? path : "";
}

planner::CheckedKey checked_key(const Explanation& explanation) {
    const Fleet& fleet = *explanation.fleet;
    return {fleet, planner::check_replicas(fleet, *fleet.inventory), explanation.descriptions};
}

planner::CheckVerdict verdict_on(const planner::CheckedKey& checked) {
    planner::ReplicaCheck check = planner::summarize_check(checked.reviewed, checked.statuses, {});
    check.lacks_accounts = !checked.reviewed.review.refused_accounts.empty();
    return check.verdict();
}

std::string text_of(const Explanation& explanation, const io::KeyId& key) {
    planner::ReportDocument document;
    document.title = "Key " + key.text();
    if (explanation.is_in_spec()) {
        document.sections.push_back(planner::key_settings_section(explanation.fleet->plan, 0));
    } else if (explanation.fleet) {
        document.sections.push_back(
            {"spec",
             "In the fleet spec",
             {planner::ReportProse{"Not in this fleet: " + explanation.no_match + "."}}});
    }
    if (explanation.history) {
        document.sections.push_back(engine::key_history_section(*explanation.history));
    }
    if (explanation.is_checked()) {
        document.sections.push_back(planner::key_state_section(checked_key(explanation), 0));
    } else if (!explanation.refusal.empty()) {
        document.sections.push_back(
            {"kms", "In KMS", {planner::ReportProse{"Not checked: " + explanation.refusal}}});
    }
    return io::terminal_text(planner::document_text(document));
}

/// One JSON object:
///
///     format     "keyferry-key-1"
///     key        the key ID
///     spec       null if FLEET is not given or does not contain the key (key_settings_json)
///     journal    null without a journal (key_history_json)
///     kms        null if KMS was not called, or refused the calls (key_state_json)
///     refusal    why the calls to KMS were refused; null if they were not
///     verdict    of the check, as in the report of `keyferry check`; null if `kms` is
std::string json_of(const Explanation& explanation, const io::KeyId& key) {
    boost::json::object object;
    object["format"] = "keyferry-key-1";
    object["key"] = key.text();
    object["spec"] = nullptr;
    object["journal"] = nullptr;
    object["kms"] = nullptr;
    object["refusal"] = explanation.refusal.empty() ? boost::json::value()
                                                    : boost::json::value(explanation.refusal);
    object["verdict"] = nullptr;
    if (explanation.is_in_spec()) {
        object["spec"] = planner::key_settings_json(explanation.fleet->plan, 0);
    }
    if (explanation.history) {
        object["journal"] = engine::key_history_json(*explanation.history);
    }
    if (explanation.is_checked()) {
        const planner::CheckedKey checked = checked_key(explanation);
        object["kms"] = planner::key_state_json(checked, 0);
        object["verdict"] = name_of(verdict_on(checked));
    }
    return boost::json::serialize(object) + "\n";
}

int explanation_exit_code(const Explanation& explanation) {
    if (!explanation.refusal.empty()) {
        return exit_permission;
    }
    if (explanation.is_checked()) {
        return exit_code_of(verdict_on(checked_key(explanation)));
    }
    if (!explanation.history || explanation.history->jobs.empty()) {
        return explanation.is_in_spec() ? exit_done : exit_changes;
    }
    return run_exit_code(engine::report_of_jobs(*explanation.history));
}

/// Finds the key in the fleet and, unless `is_offline` is set, in KMS.
void find_in_fleet(const ExplainOptions& options, bool is_offline, Explanation& explanation) {
    FleetPipeline pipeline(
        options,
        {.accepts_saved_plan = true, .plan_checks = options.plan_checks, .is_offline = is_offline},
        progress_style(options.progress, options.json));
    try {
        pipeline.load();
    } catch (const NoMatch& error) {
        explanation.fleet.emplace();
        explanation.no_match = error.what();
        return;
    }
    const planner::Plan& plan = pipeline.fleet().plan;
    std::set<io::AccountId> accounts;
    for (const planner::PlannedKey& key : plan.keys) {
        accounts.insert(key.primary.account);
    }
    check_is_one_account(accounts, options.fleet);
    if (plan.keys.empty()) {
        if (const int exit_code = missing_keys_exit_code(pipeline.fleet());
            exit_code != exit_done) {
            log_missing_keys(pipeline.fleet());
            throw UnknownSelection(exit_code, "it is unknown whether a group selects the key");
        }
        explanation.no_match = is_offline
                                   ? "groups that select keys are not searched without AWS calls"
                                   : "no group selects the key";
    } else if (!is_offline) {
        pipeline.survey({.contents = engine::ReadContents::of_keys_and_replicas,
                         .outage_wait = OutageWait::briefly});
        explanation.descriptions = describe_key(plan, 0, pipeline.session());
    }
    explanation.fleet = std::move(pipeline.fleet());
}

/// Like find_in_fleet(), but without calls to KMS if it refuses them or there are no credentials.
void find_if_allowed(const ExplainOptions& options, Explanation& explanation) {
    if (options.offline) {
        find_in_fleet(options, true, explanation);
        return;
    }
    try {
        find_in_fleet(options, false, explanation);
        return;
    } catch (const UnknownSelection&) {
        throw;  // the search was made
    } catch (const CommandError& error) {
        if (error.exit_code() != exit_permission) {
            throw;
        }
        log_error(error);
        explanation.refusal = fmt::format("{}", fmt::join(error.lines(), "\n"));
    }
    find_in_fleet(options, true, explanation);
}

int explain(ExplainOptions& options) {
    engine::KeyName key = key_named(options.key);
    if (options.fleet.empty() && options.journal.empty()) {
        throw UsageError("FLEET", "name a fleet spec, --journal, or both");
    }
    Explanation explanation;
    if (!options.fleet.empty()) {
        options.filter.filter.keys = {options.key};
        options.filter.filter.key_option = "KEY";
        find_if_allowed(options, explanation);
        if (explanation.is_in_spec()) {
            key.account = explanation.fleet->plan.keys.front().primary.account;
        }
    }
    if (const std::string journal = journal_of(options); !journal.empty()) {
        engine::JournalResult<engine::KeyHistory> history = engine::read_key_history(journal, key);
        if (!history) {
            throw journal_error(history.error());
        }
        check_is_one_account(history->accounts, journal);
        explanation.history = *std::move(history);
    }
    write_stdout(options.json ? json_of(explanation, key.key_id)
                              : text_of(explanation, key.key_id));
    return explanation_exit_code(explanation);
}

}  // namespace

void add_explain_command(Command& parent) {
    auto options = std::make_shared<ExplainOptions>();
    Command command = parent.command("explain", "Show all that is known about one key");
    command.footer(kExplainFooter);
    command.argument("KEY", options->key, "Key ID, or ARN of the key in any Region");
    command.argument("FLEET", options->fleet, "Fleet spec, a TOML file, or a saved plan")
        .not_required();
    command.option("--journal",
                   options->journal,
                   "Journal of a run, sync or undo [fleet.journal for fleet.toml, if it exists]");
    command.flag("--offline", options->offline, "Make no AWS calls");
    command.flag("--json", options->json, "Print one JSON object");
    add_progress_option(command, options->progress);
    add_kms_options(command, options->kms);
    add_without_spec_option(command, options->plan_checks);
    command.on_run([options] {
        require_plan_file(options->plan_checks, options->fleet);
        return explain(*options);
    });
}

}  // namespace keyferry::cli
