// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace keyferry::planner {

/// Whether the replicas of a group should be Enabled or Disabled. KMS creates replicas Enabled, so
/// `keyferry run` cannot create them Disabled; `keyferry sync` disables them.
enum class EnabledSpec : std::uint8_t {
    yes,     ///< Enabled. Sync enables a Disabled replica only with --part enabled
    no,      ///< Disabled
    copied,  ///< Disabled if the primary is Disabled, otherwise Enabled
};

}  // namespace keyferry::planner
