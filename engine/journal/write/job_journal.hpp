// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/entry.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// Why the journal failed. Nothing is written after the failure.
struct JournalFailure {
    std::string operation;  ///< "write", "fdatasync" or "fallocate"
    int error_number = 0;   ///< errno
};

/// The interface through which runs (Executor) and syncs (SyncRun) record their jobs, implemented
/// by JournalWriter. To measure the cost of the journal, a benchmark can run the executor with an
/// implementation that writes nothing.
///
/// All members must be called on the thread that makes the KMS calls.
class JobJournal {
  public:
    JobJournal() = default;
    JobJournal(const JobJournal&) = delete;
    JobJournal& operator=(const JobJournal&) = delete;
    virtual ~JobJournal() = default;

    /// Sets the handler that is called once if the journal fails, before any waiting caller is
    /// notified. Pass an empty function to remove it.
    virtual void on_failure(std::function<void(const JournalFailure&)> handler) = 0;

    /// Stages a record, which will soon become durable. After a failure, records are discarded.
    /// `entry` need not outlive the call.
    virtual void write(const JobEntry& entry) = 0;

    /// Stages a record that must become durable as soon as possible because a caller is waiting for
    /// it. Returns the number of the next record. The staged record is durable once durable_end()
    /// has reached that number, which may never happen after a failure.
    virtual std::uint64_t write_soon(const JobEntry& entry) = 0;

    /// All records with lower numbers than this are durable.
    [[nodiscard]] virtual std::uint64_t durable_end() const noexcept = 0;

    /// Sets the handler that is called each time durable_end() has increased. Pass an empty
    /// function to remove it. A single handler is used even if a caller waits for many records,
    /// because a coroutine per record would cost more than the record itself.
    virtual void on_durable(std::function<void()> handler) = 0;

    /// Stages the `end` record.
    virtual void write_end(const RunEndEntry& end) = 0;
    /// Stages an `end` record that contains only how the run ended: "finished", "refused" or
    /// "stopped".
    void write_end(std::string_view how) { write_end(RunEndEntry(how)); }

    /// Completes with true when all records staged so far are durable, or with false when the
    /// journal has failed. After a failure, the records may or may not be durable. The wait cannot
    /// be cancelled and takes as long as the disk does.
    virtual boost::asio::awaitable<bool> flush() = 0;

    [[nodiscard]] virtual const std::optional<JournalFailure>& failure() const noexcept = 0;

    /// Whether the disk has been unresponsive for so long that no more requests should be sent
    /// until it responds, since their outcomes could not be recorded. Read-only requests may still
    /// be sent.
    [[nodiscard]] virtual bool is_stalled() const noexcept { return false; }
};

}  // namespace keyferry::engine
