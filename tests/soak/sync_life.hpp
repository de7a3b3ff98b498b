// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "engine/journal/format/record.hpp"
#include "engine/survey/survey.hpp"
#include "engine/sync/recorded_changes.hpp"
#include "engine/sync/settled_reads.hpp"
#include "engine/sync/sync_run.hpp"
#include "planner/review/sync_undo.hpp"
#include "planner/text/shared_text.hpp"
#include "tests/soak/contents.hpp"
#include "tests/soak/life.hpp"
#include "tests/soak/watched_changes.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace keyferry::soak {

/// The journal of a sync or undo, on the machine's disk.
struct SyncJournal {
    io::MemoryAppendFile* file;
    engine::JournalVerb verb;
};

/// The task of a process that syncs replicas or undoes syncs.
struct SyncTask {
    const planner::Plan* plan = nullptr;
    engine::JournalVerb verb = engine::JournalVerb::sync;
    std::vector<SyncJournal> journals;  ///< from earlier processes; an undo undoes their syncs
    bool is_clock_right = true;         ///< no clock was set
    /// Whether a sync enables Disabled replicas even if the spec does not set `enabled`.
    bool enables_all = false;
};

/// One process that syncs the plan's replicas or undoes syncs, in the same steps as the command: it
/// waits until recent changes are visible, compares, writes the journal and makes the changes. Each
/// step has its own RepeatableCalls. The journal is in machine.file(), which must be empty.
class SyncLife final : public Life {
  public:
    SyncLife(World& world,
             Machine& machine,
             Contents& contents,
             const LifeSettings& settings,
             SyncTask task);

    /// The changes of the journal, if it was written.
    const std::vector<planner::ReplicaChange>& changes() const noexcept { return changes_; }
    /// Null if there were no changes to send.
    const engine::SyncRun* sync() const noexcept { return sync_.get(); }
    const WatchedChanges& watched() const noexcept { return watched_; }
    /// Whether creating the journal failed. The program then removes the unfinished file.
    bool is_journal_refused() const noexcept { return is_journal_refused_; }
    /// Whether everything was compared: all replicas of the plan, or all properties to restore.
    bool is_all_compared() const noexcept { return is_all_compared_; }
    /// The changes that an undo makes; empty for a sync.
    const planner::UndoPlan& undo() const noexcept { return undo_; }

  private:
    boost::asio::awaitable<LifeEnd> work() override;
    void stop() override;

    engine::RepeatableCalls& begin_calls();
    [[nodiscard]] bool may_go_on() const;
    [[nodiscard]] LifeEnd how_it_ended() const;
    boost::asio::awaitable<void> wait_for_recent_changes();
    boost::asio::awaitable<void> compare_with_spec();
    boost::asio::awaitable<void> compare_with_journals();
    void find_undone();
    std::vector<engine::RecordedChanges> recorded_since(io::WallTime moment, bool with_syncs);
    bool start_journal();

    Contents& contents_;
    SyncTask task_;
    planner::Plan plan_;  ///< with the contents that are copied
    std::uint64_t seed_;
    planner::SharedTexts texts_;
    WatchedChanges watched_;
    engine::QuotaUse quota_use_;  ///< by all steps of this process
    std::unique_ptr<engine::RepeatableCalls> calls_;
    std::unique_ptr<engine::SettledReads> reads_;
    std::unique_ptr<engine::SettledReads> unrecorded_reads_;
    std::unique_ptr<engine::Survey> survey_;
    std::vector<planner::ChangedReplica> made_;  ///< the changes to undo
    std::vector<planner::ChangedReplica> unrecorded_;
    std::vector<planner::ChangedReplica> latest_;
    io::WallTime last_record_{};
    planner::UndoPlan undo_;
    std::vector<planner::ReplicaChange> changes_;
    std::unique_ptr<engine::JournalWriter> writer_;
    std::unique_ptr<engine::SyncRun> sync_;
    bool is_stopped_ = false;
    bool is_all_compared_ = false;
    bool is_journal_refused_ = false;
};

}  // namespace keyferry::soak
