// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::planner {

/// The order in which PlanFilter::first picks jobs.
enum class JobOrder : std::uint8_t {
    key,     ///< the order of the plan: by primary ARN, then Region
    region,  ///< one replica Region after another
    group,   ///< one group after another, in the order of the spec
};

/// Selects a part of a plan. A job must match at least one pattern of each non-empty list. Of the
/// matching jobs, only those of the shard are selected, and only the first `first` of these.
struct PlanFilter {
    std::vector<std::string> keys;     ///< patterns, see matches_key()
    std::string keys_file;             ///< the file with some of `keys`, for messages; may be empty
    std::string key_option = "--key";  ///< the option or argument that sets `keys`, for messages
    std::size_t keys_in_file = 0;      ///< how many of `keys` are from the file: the last ones
    std::vector<std::string> regions;  ///< patterns of replica Regions, with '*'
    std::vector<std::string> groups;   ///< exact names, with or without "@<account>"

    /// Shard `shard` of `shards`, counted from 1. The accounts of the whole plan are distributed
    /// round-robin in numeric order, so an account's shard does not depend on the other filters. An
    /// account belongs to exactly one shard, so shards do not share quotas.
    std::uint32_t shard = 1;
    std::uint32_t shards = 1;

    std::optional<std::uint64_t> first;  ///< maximum number of jobs
    JobOrder order = JobOrder::key;

    /// If not empty, only jobs with one of these actions are selected. This requires a review.
    std::vector<JobAction> actions;

    [[nodiscard]] bool is_empty() const noexcept {
        return keys.empty() && regions.empty() && groups.empty() && shards == 1 && !first &&
               actions.empty();
    }

    /// Returns the filters to apply before the survey, so that fewer keys are queried: keys, groups
    /// and shard. These filters keep all Regions of a key; otherwise, replicas in excluded Regions
    /// would be reported as not in the spec.
    [[nodiscard]] PlanFilter before_review() const;
    /// Returns the remaining filters, to apply after the review to the result of before_review().
    [[nodiscard]] PlanFilter after_review() const;
    /// Returns the filters other than the shard.
    [[nodiscard]] PlanFilter without_shard() const;
};

/// Returns a plan that consists of the jobs of `plan` that pass `filter`, in the same order, with
/// their keys, Regions and groups. It has its own sha256, because a journal belongs to the filtered
/// plan. If the filter is empty, `plan` is returned unchanged. `filter.actions` must be empty.
///
/// Returns an error that names the command-line option if a pattern does not match anything in the
/// plan, if the plan has fewer accounts than shards, or if no job is left.
[[nodiscard]] io::Parsed<Plan> filter_plan(Plan plan, const PlanFilter& filter);

/// A part of a plan, as indexes into the whole plan.
struct PlanPart {
    std::vector<JobIndex> jobs;       ///< ascending
    std::vector<std::uint32_t> keys;  ///< ascending
};

/// Like filter_plan(), but changes `reviewed` in place and filters the review together with the
/// plan. The review keeps the extra replicas of the remaining keys and all call counts. Returns
/// which jobs and keys remain, which takes four bytes each. After an error, `reviewed` is
/// unchanged.
[[nodiscard]] io::Parsed<PlanPart> filter(ReviewedPlan& reviewed, const PlanFilter& filter);

/// Returns what remains of `review`, another review of the whole plan.
[[nodiscard]] PlanReview filter_review(const PlanReview& review, const PlanPart& part);

/// Returns eight hexadecimal digits that identify `filter`, regardless of the order of its
/// patterns. They are part of the journal's file name, so that a command with the same filter
/// options uses the same journal.
[[nodiscard]] std::string filter_mark(const PlanFilter& filter);

/// Describes `filter` as command-line options, quoted for a shell: "--region 'eu-*'". A --keys-file
/// is described by its name and the number of its keys: "--keys-file again.txt (2 keys)". Empty if
/// the filter is empty.
[[nodiscard]] std::string filter_text(const PlanFilter& filter);

}  // namespace keyferry::planner
