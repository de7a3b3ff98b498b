// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::planner {

/// Whether the replicas of a group should be Enabled or Disabled. KMS creates replicas Enabled, so
/// `keyferry run` cannot create them Disabled; `keyferry sync` disables them.
enum class EnabledSpec : std::uint8_t {
    yes,     ///< Enabled. Sync enables a Disabled replica only with --part enabled
    no,      ///< Disabled
    copied,  ///< Disabled if the primary is Disabled, otherwise Enabled
};

/// Returns the value in a spec, without quotes: "true", "false" or "copy".
[[nodiscard]] constexpr std::string_view name_of(EnabledSpec enabled) noexcept {
    return enabled == EnabledSpec::copied ? "copy" : enabled == EnabledSpec::yes ? "true" : "false";
}

}  // namespace keyferry::planner
