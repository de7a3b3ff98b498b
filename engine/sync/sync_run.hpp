// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "engine/journal/write/job_journal.hpp"
#include "engine/journal/write/write_barrier.hpp"
#include "io/clock/clock.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/review/replica_change.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// A change to a replica that was not made or whose outcome is unknown.
struct FailedChange {
    std::size_t change = 0;  ///< index into the list of changes
    FinalFailure failure;
    /// Whether the alias belongs to another key in that Region. An alias is never moved, because
    /// its users would then use a different key.
    bool is_alias_taken = false;
};

struct SyncCounts {
    std::uint64_t changes = 0;  ///< planned changes
    std::uint64_t made = 0;
    std::uint64_t failed = 0;    ///< rejected by KMS
    std::uint64_t unknown = 0;   ///< sent, but the outcome is unknown
    std::uint64_t deferred = 0;  ///< neither made nor rejected, for example because KMS did not
                                 ///< respond

    [[nodiscard]] std::uint64_t not_tried() const noexcept {
        return changes - made - failed - unknown - deferred;
    }
};

/// Makes the changes in a list. Changes to the same replica are made one at a time; changes to
/// different replicas are made concurrently. If a change fails, the others are still made. Each
/// change is a job in the journal: its `sent` record is durable before its request is sent, and its
/// outcome is recorded.
///
/// All functions must be called on the thread of `executor`.
class SyncRun : private CallRecorder {
  public:
    /// All referenced objects must outlive this object. `calls` must not be used for anything else
    /// until run() has completed. The journal must already contain the `before` records of
    /// `changes`. `visible_max` is how long reads may return values from before a change
    /// (WaitSettings::doubt_timeout).
    SyncRun(const std::vector<planner::ReplicaChange>& changes,
            RepeatableCalls& calls,
            JobJournal& journal,
            io::Clock& clock,
            std::chrono::milliseconds visible_max,
            boost::asio::any_io_executor executor);
    ~SyncRun() override = default;

    /// Completes when every change has an outcome and the journal, including its `end` record, is
    /// durable or has failed. Completes early if AWS rejects the credentials
    /// (RepeatableCalls::refusal), if the calls are stopped, or if the journal fails. In that case,
    /// SyncCounts::not_tried() may be positive.
    boost::asio::awaitable<void> run();

    [[nodiscard]] SyncCounts counts() const;  ///< in total
    [[nodiscard]] SyncCounts counts_of(planner::SyncStep part) const;
    [[nodiscard]] const std::vector<FailedChange>& failed() const noexcept { return failed_; }
    /// The number of changes whose requests were sent or recorded as sent, and that have no outcome
    /// yet.
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }

  private:
    /// A change whose request is sent as soon as its `sent` record is durable.
    struct Held {
        std::size_t change;
        StartedCall started;
    };

    void record_sent(std::uint64_t tag, const StartedCall& started) override;
    [[nodiscard]] bool is_stalled() const noexcept override { return journal_.is_stalled(); }

    void start(std::size_t index);
    template <typename Request>
    void send(std::size_t index, Request request);
    void create_alias(std::size_t index);
    void delete_alias(std::size_t index);
    void check_created_alias(std::size_t index, const FinalFailure& taken);
    [[nodiscard]] bool is_stale(std::size_t index,
                                const FinalOutcome<io::DescribeKeyResult>& outcome);
    boost::asio::awaitable<void> read_stale_aliases();
    void end_as_taken(std::size_t index, FinalFailure taken);
    void finish(std::size_t index, const FinalOutcome<io::EmptyResult>& outcome);
    void succeed(std::size_t index, std::optional<Attribution> attribution = std::nullopt);
    void fail(std::size_t index, const FinalFailure& failure, bool is_alias_taken = false);
    void start_next(std::size_t index);
    void end_flight(std::size_t index);
    void fail_unchecked_aliases();
    [[nodiscard]] bool is_target(std::size_t index, const io::DescribeKeyResult& found) const;
    [[nodiscard]] JobEntry entry_of(JournalEvent event, std::size_t index) const;
    SyncCounts& counts_of_change(std::size_t change);

    const std::vector<planner::ReplicaChange>& changes_;
    RepeatableCalls& calls_;
    JobJournal& journal_;
    io::Clock& clock_;
    const std::chrono::milliseconds visible_max_;
    std::array<SyncCounts, planner::kSyncSteps.size()> counts_{};
    std::vector<FailedChange> failed_;
    /// For each change whose alias already exists, the error that CreateAlias returned. The key to
    /// which the alias belongs is being looked up.
    std::map<std::size_t, FinalFailure> unchecked_aliases_;
    /// For each change, the time until which a read that does not find the change's alias is
    /// considered stale. Set by the first such read.
    std::map<std::size_t, io::Moment> alias_visible_by_;
    std::vector<std::size_t> stale_aliases_;  ///< changes whose aliases must be read again
    std::vector<bool> is_in_flight_;          ///< indexed by change
    std::size_t in_flight_ = 0;
    WriteBarrier<Held> held_;
};

}  // namespace keyferry::engine
