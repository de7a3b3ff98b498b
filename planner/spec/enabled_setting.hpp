// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/enabled_spec.hpp"
#include "planner/toml/table_reader.hpp"

namespace keyferry::planner {

/// Reads `enabled` of a group: true, false or "copy"; EnabledSpec::yes if it is missing.
[[nodiscard]] EnabledSpec read_enabled(TableReader& group, DiagnosticList& problems);

}  // namespace keyferry::planner
