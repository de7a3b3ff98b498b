// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/format/room.hpp"
#include "engine/journal/write/job_journal.hpp"
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
#include <system_error>

namespace keyferry::engine {

struct JournalWriterSettings {
    // Must not exceed the limit of the format, which determines how large a torn tail can be.
    std::size_t batch_records_max = kJournalBatchRecordsMax;
    /// Maximum size of a batch, not counting its last record. When a journal is reopened, its end
    /// is rewritten (see start_journal); this limit ensures that the rewritten part includes the
    /// whole last batch.
    std::size_t batch_bytes_max = kJournalBatchBytesMax;
    /// Maximum time that a record stays in memory if no caller is waiting for it.
    std::chrono::milliseconds linger_max{200};
    /// Minimum time from the start of one sync to the start of the next. A sync costs about 0.2 ms
    /// of CPU time regardless of its size, so when many records arrive, they are collected into
    /// larger batches. A record that arrives after a pause is written immediately.
    std::chrono::microseconds sync_interval_min{5000};
    /// The same minimum after a batch of at least full_speed_records records. Such a batch
    /// indicates thousands of calls per second, for which a longer interval results in larger
    /// batches and fewer syncs.
    std::chrono::microseconds sync_interval_at_full_speed_min{10'000};
    std::size_t full_speed_records = 100;
    /// If a write and sync takes longer than this, it is reported (see on_stall). A local disk
    /// takes milliseconds, but a file server that hangs may never respond.
    std::chrono::milliseconds stall_after{5000};
    /// From StartedJournal::room. The writer reserves more space as the reserved space is used up.
    JournalRoom room;
};

/// Appends records to a journal file with group commit: while one batch is being written and
/// synced, the next one is collected. All members must be called on the single thread of the `main`
/// executor. Only the append and sync of a batch run on the `flush` executor, which has its own
/// thread in production and is the same as `main` in virtual time. Batches are moved between the
/// two executors, so no lock is needed.
///
/// If an append or sync fails, the failure is stored, every waiting caller is notified, and nothing
/// more is written.
///
/// The writer does not limit the amount of staged data. This amount stays small because each call
/// in flight has only a few records.
///
/// `file` must outlive the work on the `flush` executor. It may be destroyed once the last flush()
/// has completed or that executor's thread has been joined. `clock` must outlive the writer.
/// Coroutines that are still waiting when the writer is destroyed are destroyed as well.
class JournalWriter final : public JobJournal {
  public:
    JournalWriter(io::AppendFile& file,
                  JournalTail tail,
                  io::Clock& clock,
                  boost::asio::any_io_executor main,
                  boost::asio::any_io_executor flush,
                  JournalWriterSettings settings);
    ~JournalWriter() override;

    void on_failure(std::function<void(const JournalFailure&)> handler) override;
    /// Stages a record, which is written within linger_max.
    void write(const JobEntry& entry) override;
    std::uint64_t write_soon(const JobEntry& entry) override;
    [[nodiscard]] std::uint64_t durable_end() const noexcept override;
    void on_durable(std::function<void()> handler) override;
    using JobJournal::write_end;
    void write_end(const RunEndEntry& end) override;
    boost::asio::awaitable<bool> flush() override;
    [[nodiscard]] const std::optional<JournalFailure>& failure() const noexcept override;

    [[nodiscard]] bool is_stalled() const noexcept override;

    /// Sets the handler that is called with true when the disk has been unresponsive for
    /// stall_after, and with false when it responds again. The handler is not called after a
    /// failure.
    void on_stall(std::function<void(bool is_stalled)> handler);

    /// How long the current write and sync has been in progress; 0 if there is none.
    [[nodiscard]] std::chrono::milliseconds unanswered() const;

    /// Stops waiting for an unresponsive disk and treats this as a failure (fdatasync, ETIMEDOUT).
    /// Call this only while a write and sync is in progress. The records passed to on_unwritten's
    /// handler may or may not be durable. The `flush` executor may be blocked forever, so do not
    /// join its thread unless unanswered() is 0.
    void give_up();

    /// Sets the handler that is called once, when the disk is full and less than kRoomMinBytes of
    /// reserved space is left. It is called before any record of the current batch counts as
    /// durable. After that, no further requests may be sent; there is still space for the records
    /// of the requests in flight.
    void on_no_room(std::function<void(std::error_code error)> handler);

    /// Sets the handler that, if the journal fails, receives the records that may be lost, as
    /// journal lines. It is called on `main`, after on_failure's handler: first with all such
    /// records (an empty string if there are none), and then with each record that is staged later.
    /// These lines may be the only remaining record of KMS's responses.
    void on_unwritten(std::function<void(std::string_view lines)> handler);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry::engine
