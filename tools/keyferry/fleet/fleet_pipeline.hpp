// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/quota.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/plan_filter.hpp"
#include "planner/review/plan_provenance.hpp"
#include "planner/review/reviewed_plan.hpp"
#include "planner/saved/saved_plan.hpp"
#include "planner/spec/load_fleet.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/fleet/kms_session.hpp"
#include "tools/keyferry/fleet/survey_session.hpp"
#include "tools/keyferry/options/fleet_options.hpp"
#include "tools/keyferry/options/plan_checks.hpp"
#include "tools/keyferry/terminal/command_error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

/// How a command uses its fleet.
struct PipelineRules {
    bool accepts_saved_plan = false;  ///< FLEET may be a saved plan
    PlanChecks plan_checks = {};      ///< of a saved plan
    /// Make no calls; assume that no replica exists. With a simulator, groups that select keys have
    /// example keys; otherwise these groups are omitted.
    bool is_offline = false;
    /// The command changes the fleet. All filters apply before the survey. load() throws if the
    /// plan has no jobs and KMS did not respond for some keys that groups may select: with a
    /// journal of this empty plan, the next run would need --replan.
    bool changes_fleet = false;
    /// A run records in its journal that KMS would refuse every call, so load() does not throw the
    /// refusal if the run could begin, but stores it in Fleet::refusal.
    bool records_refusal = false;
    OutageWait search_wait = OutageWait::briefly;
    OutageWait locate_wait = OutageWait::briefly;
};

/// The fleet of a command: its plan, and what is known about it. `review` is the comparison with
/// KMS after FleetPipeline::survey(). Until then, every job is to be created.
struct Fleet : planner::ReviewedPlan {
    std::optional<planner::Inventory> inventory;  ///< without `contents`; nullopt: not surveyed
    /// The review of a saved plan. Only the replicas that it creates may be created.
    std::optional<planner::PlanReview> saved_review;
    std::vector<planner::SelectedKey> found;  ///< keys that KMS has described
    std::vector<planner::QuotaCalls> calls;   ///< calls before the survey
    /// Keys that groups may select and that are missing here, because they could not be checked.
    planner::UncheckedKeys unchecked_keys;
    /// Accounts that were not searched, now or when a saved plan was made.
    planner::RefusedAccounts refused_accounts;
    std::vector<std::string> unsearched_groups;  ///< groups of a saved plan that were not searched
    std::vector<std::string> empty_groups;  ///< groups that select no keys, regardless of filters
    planner::PlanProvenance provenance;
    std::optional<KmsRefusal> refusal;  ///< see PipelineRules::records_refusal
};

/// The filters match nothing in the fleet.
class NoMatch : public CommandError {
  public:
    using CommandError::CommandError;
};

/// Logs which keys are missing from the fleet although groups may select them.
void log_missing_keys(const Fleet& fleet);

/// Returns exit_done if none is missing, exit_work_left if KMS did not respond for some of them,
/// exit_permission if access to them or to their account was denied, and exit_jobs_failed if a
/// saved plan lacks them because it was made without a search.
[[nodiscard]] int missing_keys_exit_code(const Fleet& fleet);

/// Turns a spec or saved plan into a plan that is compared with KMS. Every command that uses a
/// fleet in KMS uses this class, so that all of them agree on what the fleet is. Throws
/// CommandError, and NoMatch if the filters match nothing.
class FleetPipeline {
  public:
    /// `options` must outlive this.
    FleetPipeline(const FleetOptions& options, PipelineRules rules, ProgressStyle style);

    /// Reads the file and checks it, searches KMS for the keys that groups select, applies the
    /// filters that can be applied before the survey, and plans primaries that have moved where
    /// they are now. Opens KMS if that needs calls. It is an error if a saved plan no longer
    /// matches its spec.
    void load();

    /// Surveys KMS, adds the values that the plan copies from primaries to the plan, and compares
    /// the plan with KMS.
    void survey(SurveyOptions options);

    /// Requests the opt-in status of the plan's opt-in Regions and adds it to the review, if it is
    /// available.
    void ask_about_opt_in_regions();

    /// Applies the filters that remain after the survey. Does not change `inventory`. Returns the
    /// indexes that the remaining jobs had before.
    std::vector<planner::JobIndex> filter_surveyed();

    Fleet& fleet() noexcept { return fleet_; }
    KmsSession& session() noexcept { return session_; }

  private:
    void read_saved_plan();
    void add_unsearched(const planner::SavedPlan& saved);
    void read_spec();
    void plan_selected_keys(planner::UnresolvedFleet fleet);
    void plan_example_keys(planner::UnresolvedFleet fleet);
    void add_filter_to_provenance();
    void check_filters() const;
    void locate();
    std::vector<planner::JobIndex> filter(const planner::PlanFilter& filter);

    const FleetOptions& options_;
    PipelineRules rules_;
    planner::PlanFilter filter_;  ///< without the shard, if keep_accounts() has applied it
    KmsSession session_;
    bool lacks_keys_ = false;  ///< keys that the filters exclude were not searched for
    bool has_whole_ = false;   ///< the filtered plan is part of a plan whose SHA-256 is known
    Fleet fleet_;
};

}  // namespace keyferry::cli
