// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/sync/recorded_changes.hpp"
#include "io/clock/clock.hpp"
#include "planner/text/shared_text.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/options/sync_options.hpp"

#include <functional>
#include <string>
#include <vector>

namespace keyferry::cli {

/// Finds the journals of other syncs and undos of a fleet. Examines files with any name, at most
/// 10,000 per folder, in the folders of the fleet spec, of this command's journal and of the
/// journals to undo. Ignores the journals to undo, journals of another KMS, other files and
/// unreadable files, and syncs of other parts of the fleet, selected by other filters: such syncs
/// can run concurrently. If their filters overlap, both make the changes that the spec requires,
/// and an undo restores only what still has the value that its sync set.
class FleetJournals {
  public:
    /// `fleet` is the name in the spec. `kms` must outlive this.
    FleetJournals(const SyncOptions& options, std::string fleet, const KmsAccess& kms);

    /// Makes the searches also ignore this command's journal.
    void ignore(std::string journal) { own_.push_back(std::move(journal)); }

    /// Returns the path of a journal that another process is using; empty if there is none.
    [[nodiscard]] std::string running() const;

    /// Returns the path of a journal with records that are later than `moment`; empty if there is
    /// none.
    [[nodiscard]] std::string written_after(io::WallTime moment) const;

    /// Returns the changes in journals that are not in use and whose last record is not older than
    /// `moment`, oldest journal first.
    [[nodiscard]] std::vector<engine::RecordedChanges> changes_since(
        io::WallTime moment, planner::SharedTexts& texts) const;

  private:
    /// Whether the journal is that of a sync or undo of the fleet that may change the same
    /// replicas: one of the whole fleet, or a sync with the same filters as this one.
    [[nodiscard]] bool conflicts(const engine::JournalReplay& replay) const;
    /// Calls `visit` with the path of each candidate that was written at `moment` or later, until
    /// it returns true.
    void visit_files(io::WallTime moment,
                     const std::function<bool(const std::string& path)>& visit) const;
    [[nodiscard]] bool is_own(const std::string& path) const;
    [[nodiscard]] bool is_of_fleet(const engine::JournalHeader& header) const;

    std::string fleet_;
    std::string filter_;  ///< of this sync, as its journal records it; empty for the whole fleet
    const KmsAccess& kms_;
    std::vector<std::string> folders_;  ///< each ends with '/' or is empty
    std::vector<std::string> own_;
};

}  // namespace keyferry::cli
