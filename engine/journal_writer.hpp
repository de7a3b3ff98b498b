#pragma once

#include "engine/journal_entry.hpp"
#include "engine/journal_format.hpp"
#include "io/clock/clock.hpp"
#include "io/file/append_file.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry {

/// Why the journal stopped. Final: nothing is written after it.
struct JournalFailure {
    std::string operation;  ///< "write" or "fdatasync"
    int error_number = 0;   ///< errno
};

struct JournalWriterSettings {
    std::size_t batch_records_max = 1024;
    /// No batch is larger, but for its last record: what an unclean open writes anew covers it.
    std::size_t batch_bytes_max = 512U << 10U;
    /// How long a record that nobody waits for may stay in memory.
    std::chrono::milliseconds linger_max{200};
    /// From the start of one sync to the start of the next. A sync costs some 0.2 ms of processor
    /// time, whatever it carries, so at full speed records wait for each other; a record that comes
    /// after a pause is written at once.
    std::chrono::microseconds sync_interval_min{5000};
};

/// Appends records to a journal file, many at a time: while one batch is being written and synced,
/// the next gathers (group commit). All members run on the `main` executor's one thread; only the
/// append and the sync of a batch run on `flush`, which is a thread of its own in production and
/// `main` itself under virtual time. The batch travels by move, so there is no lock.
///
/// A failed append or sync is final: it is latched, every waiter is told, nothing is written again.
///
/// What is staged is bounded by its callers: each call in flight has at most a few records in it.
///
/// `file` must outlive the work on `flush`: after the last flush() has completed, or after that
/// thread was joined, both may go. `clock` must outlive the writer. A coroutine that still waits
/// when the writer goes is destroyed.
class JournalWriter {
  public:
    JournalWriter(AppendFile& file,
                  JournalTail tail,
                  Clock& clock,
                  boost::asio::any_io_executor main,
                  boost::asio::any_io_executor flush,
                  JournalWriterSettings settings);
    ~JournalWriter();
    JournalWriter(const JournalWriter&) = delete;
    JournalWriter& operator=(const JournalWriter&) = delete;

    /// `handler` is called once, on `main`, when the journal fails, before any waiter is told.
    /// Empty to take it away.
    void on_failure(std::function<void(const JournalFailure&)> handler);

    /// Stages a record; it is durable within linger_max. Dropped after a failure.
    void write(const JobEntry& entry);

    /// Stages a record at once, and completes when it is durable (true), or when the journal has
    /// failed (false), in which case it may or may not be on disk. `entry` need not live until
    /// then. The wait cannot be cancelled: it is as long as the disk takes.
    boost::asio::awaitable<bool> write_durably(const JobEntry& entry);

    /// Stages the `end` record with `how` ("finished", "interrupted", "failed").
    void write_end(std::string_view how);

    /// Completes when everything staged so far is durable (true) or the journal has failed (false).
    boost::asio::awaitable<bool> flush();

    const std::optional<JournalFailure>& failure() const noexcept;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry
