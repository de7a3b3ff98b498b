// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "engine/survey/content_reads.hpp"
#include "io/clock/clock.hpp"
#include "planner/review/sync_undo.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// Returns how long after `now` reads may still return values from before the changes, because KMS
/// is eventually consistent. The last change was recorded at `last_record`. `visible_max` is the
/// longest time that a change takes to become visible (WaitSettings::doubt_timeout). The result is
/// at most `visible_max`, even if the clock was set back.
[[nodiscard]] std::chrono::milliseconds stale_for(io::WallTime last_record,
                                                  io::WallTime now,
                                                  std::chrono::milliseconds visible_max) noexcept;

/// Reads the current values of properties that syncs or undos have changed. If a replica does not
/// have the values that were set, it is read again for as long as the values read may be stale.
/// Otherwise, an undo shortly after a sync would find nothing to restore, and a sync shortly after
/// an undo would find nothing to change. Changing the values without rereading them could overwrite
/// values that someone else has set since then.
class SettledReads {
  public:
    /// `replicas`, `calls` and `clock` must outlive this object. `stale_for` is how long after the
    /// start of run() reads may still return values from before the syncs.
    SettledReads(const std::vector<planner::ChangedReplica>& replicas,
                 RepeatableCalls& calls,
                 io::Clock& clock,
                 std::chrono::milliseconds stale_for);

    /// Completes when values can no longer be stale and every property has been read or has turned
    /// out to be unreadable. Completes early if AWS rejects the credentials
    /// (RepeatableCalls::refusal) or if the calls are stopped.
    boost::asio::awaitable<void> run();

    /// The values that were read, with one element per replica.
    [[nodiscard]] const std::vector<planner::ReplicaNow>& values() const noexcept {
        return values_;
    }
    [[nodiscard]] std::size_t replicas_read() const noexcept { return replicas_read_; }
    /// The number of replicas that are being reread because they do not have the values set by the
    /// syncs yet.
    [[nodiscard]] std::size_t replicas_unsettled() const noexcept {
        return is_reading_again_ ? unsettled_.size() : 0;
    }

  private:
    void add_sources();
    void start(std::size_t replica);
    void read_content(std::size_t replica, std::optional<std::string> description);

    const std::vector<planner::ChangedReplica>& replicas_;
    RepeatableCalls& calls_;
    io::Clock& clock_;
    std::chrono::milliseconds stale_for_;
    ContentReads contents_;
    std::vector<planner::ReplicaNow> values_;
    std::size_t replicas_read_ = 0;
    std::vector<std::size_t> unsettled_;  ///< indices of replicas; initially all of them
    bool is_reading_again_ = false;
};

}  // namespace keyferry::engine
