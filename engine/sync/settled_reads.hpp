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

/// Returns how long reads at `now` may still show values from before the changes, the last of which
/// was recorded at `last_record`. KMS is eventually consistent; `visible_max` is how long a change
/// takes to become visible at most (WaitSettings::doubt_timeout). A clock that was set back does
/// not make this longer than `visible_max`.
[[nodiscard]] std::chrono::milliseconds stale_for(io::WallTime last_record,
                                                  io::WallTime now,
                                                  std::chrono::milliseconds visible_max) noexcept;

/// Reads the present values of properties that syncs or undos have changed. A replica that does not
/// show what they set is read again while its values may be stale. Otherwise an undo shortly after
/// a sync would find nothing to restore, and a sync shortly after an undo nothing to change. To
/// change such a value without a further read could overwrite what someone else has set since.
class SettledReads {
  public:
    /// `replicas`, `calls` and `clock` must outlive this. `stale_for`: how long after the start of
    /// run() reads may return values from before the syncs.
    SettledReads(const std::vector<planner::ChangedReplica>& replicas,
                 RepeatableCalls& calls,
                 io::Clock& clock,
                 std::chrono::milliseconds stale_for);

    /// Completes when every property was read or could not be, and no value can be stale. Ends
    /// early after RepeatableCalls::refusal or was_stopped.
    boost::asio::awaitable<void> run();

    /// The values, one element per replica.
    [[nodiscard]] const std::vector<planner::ReplicaNow>& values() const noexcept {
        return values_;
    }
    [[nodiscard]] std::size_t replicas_read() const noexcept { return replicas_read_; }
    /// Replicas that do not show what the syncs set and are read again.
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
    std::vector<std::size_t> unsettled_;  ///< indices of replicas; at first all
    bool is_reading_again_ = false;
};

}  // namespace keyferry::engine
