// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "planner/review/plan_provenance.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace keyferry::planner {

// FORMAT.md describes the file format.

inline constexpr std::string_view kSavedPlanFormat = "keyferry-plan";
/// The format version that is written and read. Plans of other versions are rejected, because they
/// cannot be compared completely with their specs.
inline constexpr int kSavedPlanVersion = 3;
/// Maximum file size in bytes, enough for about 4 million keys.
inline constexpr std::size_t kSavedPlanBytesMax = std::size_t{1} << 30;

struct SavedPlan : ReviewedPlan {
    PlanProvenance provenance;
};

/// Writes `saved` in pieces. The output depends only on `saved`.
void write_saved_plan(const SavedPlan& saved,
                      const std::function<void(std::string_view piece)>& sink);

/// Reads a saved plan strictly: each line must have exactly the members that are written, in any
/// order, with values that a spec could have (values_check.hpp), and the checksum and the plan's
/// sha256 must match. Neither is a signature: anyone who changes the file can recompute both, so
/// compare the plan with its spec (spec_match.hpp). Error texts begin with "line N: ".
[[nodiscard]] io::Parsed<SavedPlan> read_saved_plan(std::string_view text);

}  // namespace keyferry::planner
