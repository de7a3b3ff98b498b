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

/// What a look at the plan's keys has found.
struct PreflightKeys {
    PreflightKeys() = default;
    std::uint64_t checked = 0;    ///< described, or refused by KMS
    std::uint64_t no_response = 0;  ///< asked about in vain
    /// Primaries that cannot be replicated, by reason and in its order.
    std::vector<std::pair<planner::ActionReason, std::uint64_t>> blocked;
    std::uint64_t to_create = 0;      ///< replicas
    std::uint64_t existing = 0;        ///< replicas that exist already
    std::uint64_t in_conflict = 0;  ///< replicas in whose place something else stands
};

/// All that is known before the first replica is made.
struct PreflightFacts {
    PreflightFacts() = default;
    std::string identity;  ///< who signs, in words
    std::vector<RegionProbe> regions;
    std::optional<io::RegionOptIns> opt_ins;  ///< nothing where that is not known
    /// Nothing where nobody has looked; `keys_not_checked` says why.
    std::optional<PreflightKeys> keys;
    std::string keys_not_checked;
    std::vector<planner::Finding> policies;  ///< what is to be said of the replicas' policies
    std::uint64_t journal_bytes = 0;
    std::optional<std::uint64_t> free_bytes;  ///< beside what the journal has reserved
};

/// One screen for people: a line for each thing that was looked at, and behind what is not as it
/// should be, what to do. Ends without a line feed. Texts of KMS in it are as they came.
[[nodiscard]] std::string preflight_text(const PreflightFacts& facts);

/// The same as one JSON object, without line feeds.
[[nodiscard]] std::string preflight_json(const PreflightFacts& facts);

/// "2.1 KB", "3.4 GB": in steps of 1,000.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace keyferry::cli
