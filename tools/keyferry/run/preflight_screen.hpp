// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/account/list_regions.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/summary/finding.hpp"
#include "tools/keyferry/run/region_probe.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

/// Results of the key checks.
struct PreflightKeys {
    PreflightKeys() = default;
    std::uint64_t checked = 0;      ///< keys for which KMS responded
    std::uint64_t no_response = 0;  ///< keys for which KMS did not respond
    /// Primaries that cannot be replicated, by reason.
    std::vector<std::pair<planner::ActionReason, std::uint64_t>> blocked;
    /// Primaries of which this is not certain, by reason: the run tries to replicate them.
    std::vector<std::pair<planner::ActionReason, std::uint64_t>> uncertain;
    std::uint64_t not_in_saved_plan = 0;  ///< missing replicas that the saved plan does not create
    std::uint64_t to_create = 0;          ///< replicas to create
    std::uint64_t existing = 0;  ///< replicas that exist and are usable or will be, even if they
                                 ///< differ from the spec
    /// Replicas that exist but are unusable, by reason.
    std::vector<std::pair<planner::ActionReason, std::uint64_t>> unusable;
};

/// The results of all preflight checks.
struct PreflightFacts {
    PreflightFacts() = default;
    std::string identity;  ///< the caller, or the source of the credentials
    std::vector<RegionProbe> regions;
    std::optional<io::RegionOptIns> opt_ins;  ///< nullopt: unknown
    /// nullopt if keys were not checked; `keys_not_checked` is the reason.
    std::optional<PreflightKeys> keys;
    std::string keys_not_checked;
    std::vector<planner::Finding> policies;   ///< about the replicas' policies
    std::uint64_t journal_bytes = 0;          ///< estimated total size of the journal
    std::optional<std::uint64_t> free_bytes;  ///< excluding the space reserved for the journal
};

/// Formats the facts as one screen of text: one line per check, with the remedy for each problem.
/// No trailing newline. Contains unescaped messages from KMS.
[[nodiscard]] std::string preflight_text(const PreflightFacts& facts);

/// Formats the facts as one JSON object, without newlines.
[[nodiscard]] std::string preflight_json(const PreflightFacts& facts);

/// Formats a size with decimal units, such as "2.1 KB" or "3.4 GB".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace keyferry::cli
