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

/// Why the journal failed. Nothing is written after a failure.
struct JournalFailure {
    std::string operation;  ///< "write", "fdatasync" or "fallocate"
    int error_number = 0;   ///< errno
};

/// The interface through which runs (Executor) and syncs (SyncRun) record their jobs. Implemented
/// by JournalWriter; a benchmark can run the same executor without a journal to measure its cost.
///
/// All members are called on the thread that makes the calls.
class JobJournal {
  public:
    JobJournal() = default;
    JobJournal(const JobJournal&) = delete;
    JobJournal& operator=(const JobJournal&) = delete;
    virtual ~JobJournal() = default;

    /// `handler` is called once when the journal fails, before any waiter is notified. Pass an
    /// empty function to remove it.
    virtual void on_failure(std::function<void(const JournalFailure&)> handler) = 0;

    /// Stages a record, which is made durable soon. Discarded after a failure. `entry` need not
    /// outlive the call.
    virtual void write(const JobEntry& entry) = 0;

    /// Stages a record that a caller waits for, which is made durable as soon as possible. Returns
    /// the next record number: the record is durable once durable_end() has reached that number,
    /// which may never happen after a failure.
    virtual std::uint64_t write_soon(const JobEntry& entry) = 0;

    /// All records with lower numbers are durable.
    [[nodiscard]] virtual std::uint64_t durable_end() const noexcept = 0;

    /// `handler` is called each time durable_end() has increased. Pass an empty function to remove
    /// it. Callers that wait for many records wait here in one place: one coroutine per record
    /// would cost more than the record itself.
    virtual void on_durable(std::function<void()> handler) = 0;

    /// Stages the `end` record.
    virtual void write_end(const RunEndEntry& end) = 0;
    /// Stages an `end` record that says only how the run ended: "finished", "refused", "stopped".
    void write_end(std::string_view how) { write_end(RunEndEntry(how)); }

    /// Completes when everything staged so far is durable (true) or the journal has failed (false),
    /// in which case the records may or may not be durable. The wait cannot be cancelled and lasts
    /// as long as the disk takes.
    virtual boost::asio::awaitable<bool> flush() = 0;

    [[nodiscard]] virtual const std::optional<JournalFailure>& failure() const noexcept = 0;

    /// Whether the disk has not responded for so long that no more requests should be sent until it
    /// does: their outcomes could not be recorded. Reads may continue.
    [[nodiscard]] virtual bool is_stalled() const noexcept { return false; }
};

}  // namespace keyferry::engine
