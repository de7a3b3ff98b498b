// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "engine/survey/content_reads.hpp"
#include "planner/review/sync_undo.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// Reads the present values of the properties that syncs have changed.
class UndoReads {
  public:
    /// Both arguments must outlive this.
    UndoReads(const std::vector<planner::ChangedReplica>& replicas, RepeatableCalls& calls);

    /// Completes when every property was read or could not be. Ends early after
    /// RepeatableCalls::refusal or was_stopped.
    boost::asio::awaitable<void> run();

    /// The values, one element per replica.
    [[nodiscard]] const std::vector<planner::ReplicaNow>& values() const noexcept {
        return values_;
    }
    [[nodiscard]] std::size_t replicas_read() const noexcept { return replicas_read_; }

  private:
    void start(std::size_t replica);
    void read_content(std::size_t replica, std::optional<std::string> description);

    const std::vector<planner::ChangedReplica>& replicas_;
    RepeatableCalls& calls_;
    ContentReads contents_;
    std::vector<planner::ReplicaNow> values_;
    std::size_t replicas_read_ = 0;
};

}  // namespace keyferry::engine
