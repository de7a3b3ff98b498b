// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::planner {

/// In which order PlanFilter::first counts jobs.
enum class JobOrder : std::uint8_t {
    key,     ///< as the plan has them: by primary ARN, then Region
    region,  ///< all of one replica Region before the next
    group,   ///< all of one group before the next, in the order of the spec
};

/// The part of a plan to work on. A job must match each list that is not empty, by one of its
/// patterns; of those that do, it must be of the shard; of those, among the first.
struct PlanFilter {
    /// Key ids, or ARNs of primaries where they begin with "arn:"; '*' stands for any characters.
    std::vector<std::string> keys;
    std::vector<std::string> regions;  ///< of replicas; '*' likewise
    std::vector<std::string> groups;   ///< names as they are

    /// Shard `shard` of `shards`, from 1. Accounts are dealt out in the order of their numbers,
    /// those of the whole plan, so that an account's shard does not depend on the other filters. No
    /// two shards share an account, and so none shares a quota.
    std::uint32_t shard = 1;
    std::uint32_t shards = 1;

    std::optional<std::uint64_t> first;  ///< at most so many jobs
    JobOrder order = JobOrder::key;

    /// Only jobs that need one of these. What a job needs, a review says.
    std::vector<JobAction> actions;

    [[nodiscard]] bool is_empty() const noexcept {
        return keys.empty() && regions.empty() && groups.empty() && shards == 1 && !first &&
               actions.empty();
    }

    /// What to apply before KMS is asked, to ask it of fewer keys: keys, groups and shard. All
    /// Regions of a key stay: a replica in one that is filtered away must not be taken for one that
    /// the spec does not name.
    [[nodiscard]] PlanFilter before_review() const;
    /// The rest, to apply to what before_review() has left, once its review is there.
    [[nodiscard]] PlanFilter after_review() const;
};

/// A part of a plan, itself a plan, and what its jobs and keys were in the whole.
struct PlanPart {
    Plan plan;
    std::vector<JobIndex> jobs;       ///< for each job its index in the whole plan; ascending
    std::vector<std::uint32_t> keys;  ///< for each key likewise
};

/// The jobs of `plan` that pass `filter`, with the keys, Regions and groups that they need, in the
/// plan's order, and an identity of their own: a journal binds to what is run, not to what it was
/// taken from. An empty filter gives the plan as it is.
///
/// A problem, which names the option of the command line, where a pattern matches nothing of the
/// plan, where it has fewer accounts than shards, or where no job is left.
[[nodiscard]] io::Parsed<Plan> filter_plan(Plan plan, const PlanFilter& filter);

/// The same, with what was what. With `filter.actions` the review of `plan` is needed. Takes four
/// bytes a job more.
[[nodiscard]] io::Parsed<PlanPart> take_part(Plan plan,
                                             const PlanFilter& filter,
                                             const PlanReview* review);

/// Eight hexadecimal digits that stand for `filter`, in whatever order its patterns were written.
/// The file name of a filtered run's journal has them: the same command finds the same journal.
[[nodiscard]] std::string filter_mark(const PlanFilter& filter);

}  // namespace keyferry::planner
