// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::planner {

/// A key whose copied policy, description or tags have changed on the primary.
struct ChangedContent {
    std::uint32_t key = 0;  ///< index into Plan::keys
    CopiedParts parts;      ///< what changed
    friend bool operator==(const ChangedContent&, const ChangedContent&) = default;
};

/// Returns the keys whose copied content in `plan` differs from `now`, in plan order. `now` refers
/// to the keys of the same plan; keys that are missing in `now` are not compared.
[[nodiscard]] std::vector<ChangedContent> content_changes(const Plan& plan, const KeyContents& now);

/// Formats `parts` for messages: "policy and tags".
[[nodiscard]] std::string names_of(const CopiedParts& parts);

}  // namespace keyferry::planner
