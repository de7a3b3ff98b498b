// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"
#include "planner/plan/lookup_status.hpp"
#include "planner/plan/plan.hpp"
#include "planner/report/report_document.hpp"
#include "planner/review/reviewed_plan.hpp"
#include "planner/summary/replica_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::planner {

/// The result of DescribeKey for a key in one Region.
struct KeyDescription {
    std::string region;
    LookupStatus lookup = LookupStatus::not_requested;
    std::string failure;       ///< code and message of KMS, if it is not found
    io::KeyMetadata metadata;  ///< if it is found
};

/// One key of a plan, compared with KMS.
struct CheckedKey {
    const ReviewedPlan& reviewed;
    std::vector<ReplicaStatus> statuses;       ///< by job
    std::vector<KeyDescription> descriptions;  ///< of the primary and the replicas in the spec
};

/// What the spec defines for the key with index `key`: its group, Regions, policy, tags,
/// description and aliases.
[[nodiscard]] ReportSection key_settings_section(const Plan& plan, std::uint32_t key);

/// The key in KMS, Region by Region: its state, and how it differs from the spec, in the words of
/// the report of `keyferry check`.
[[nodiscard]] ReportSection key_state_section(const CheckedKey& checked, std::uint32_t key);

/// The settings as JSON:
///
///     {primary, group, regions, policy, policy_bytes, tags: {key: value}, description, aliases,
///      copied: ["policy", "description", "tags", "aliases"], bypass_policy_lockout_safety_check}
///
/// `policy` is "default", "copy", "custom" or "template", as in the plan report; `description` is
/// null if the spec sets none.
[[nodiscard]] boost::json::object key_settings_json(const Plan& plan, std::uint32_t key);

/// The key in KMS as JSON:
///
///     [{region, lookup, failure, role, state, origin, key_spec, creation_date_s, deletion_date_s,
///       status, reason, differs, advice}]
///
/// `status` to `advice` are those of the report of `keyferry check` and only present for replicas.
[[nodiscard]] boost::json::array key_state_json(const CheckedKey& checked, std::uint32_t key);

}  // namespace keyferry::planner
