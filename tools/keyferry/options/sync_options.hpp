// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "tools/keyferry/options/fleet_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

struct SyncOptions : FleetOptions {
    std::string journal;             ///< empty: next to the fleet spec
    std::vector<std::string> parts;  ///< names of the SyncSteps to apply; empty: all
    std::vector<std::string> undo;   ///< journals of the syncs to undo; empty for a sync
    std::optional<std::uint64_t> changes_max;
    bool dry_run = false;
    bool detailed_exitcode = false;

    [[nodiscard]] engine::JournalVerb verb() const {
        return undo.empty() ? engine::JournalVerb::sync : engine::JournalVerb::undo;
    }
    /// Returns `parts` as SyncStep bits.
    [[nodiscard]] std::uint8_t selected_parts() const;
};

}  // namespace keyferry::cli
