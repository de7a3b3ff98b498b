// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::planner {

/// A key of which something was copied that is another now.
struct ChangedContent {
    std::uint32_t key = 0;  ///< index into Plan::keys
    CopiedParts parts;      ///< what of it
    friend bool operator==(const ChangedContent&, const ChangedContent&) = default;
};

/// The keys of `plan` that do not have any more what the plan holds of them, in its order. `now` is
/// by the same plan's keys; a key that is not in it is not compared.
[[nodiscard]] std::vector<ChangedContent> content_changes(const Plan& plan, const KeyContents& now);

/// "policy and tags"
[[nodiscard]] std::string names_of(const CopiedParts& parts);

}  // namespace keyferry::planner
