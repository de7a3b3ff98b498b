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
    /// Only the last record of a batch may exceed this size. When a journal is reopened, its end is
    /// rewritten (see start_journal), and this limit ensures that the rewritten part includes the
    /// whole batch.
    std::size_t batch_bytes_max = kJournalBatchBytesMax;
    /// Maximum time for which a record stays in memory if no caller waits for it.
    std::chrono::milliseconds linger_max{200};
    /// Minimum time from the start of one sync to the start of the next. A sync costs about 0.2 ms
    /// of CPU time regardless of its size, so records are collected when many arrive. A record that
    /// arrives after a pause is written immediately.
    std::chrono::microseconds sync_interval_min{5000};
    /// The minimum time that applies after a batch of at least full_speed_records records. Such
    /// batches indicate thousands of calls per second; a longer interval then results in larger
    /// batches and fewer syncs.
    std::chrono::microseconds sync_interval_at_full_speed_min{10'000};
    std::size_t full_speed_records = 100;
    /// A write and sync that takes longer than this is reported (on_stall). A local disk takes
    /// milliseconds, but a file server that hangs may never respond.
    std::chrono::milliseconds stall_after{5000};
    /// StartedJournal::room. The writer reserves more space as the reserved space is used up.
    JournalRoom room;
};

/// Appends records to a journal file with group commit: while one batch is written and synced, the
/// next one is collected. All members run on the `main` executor's single thread; only the append
/// and the sync of a batch run on `flush`, which is a separate thread in production and `main`
/// under virtual time. Batches are moved between the two, so no lock is needed.
///
/// A failed append or sync is final: the failure is stored, every waiting caller is notified, and
/// nothing more is written.
///
/// The callers limit the amount of staged data, since each call in flight has at most a few
/// records.
///
/// `file` must outlive the work on the `flush` executor. It may be destroyed after the last flush()
/// has completed or after the thread of that executor was joined. `clock` must outlive the writer.
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
    /// Stages a record, which becomes durable within linger_max.
    void write(const JobEntry& entry) override;
    std::uint64_t write_soon(const JobEntry& entry) override;
    [[nodiscard]] std::uint64_t durable_end() const noexcept override;
    void on_durable(std::function<void()> handler) override;
    using JobJournal::write_end;
    void write_end(const RunEndEntry& end) override;
    boost::asio::awaitable<bool> flush() override;
    [[nodiscard]] const std::optional<JournalFailure>& failure() const noexcept override;

    [[nodiscard]] bool is_stalled() const noexcept override;

    /// Sets the handler that is called with true when the disk has not responded for stall_after,
    /// and with false when it responds again. It is not called after a failure.
    void on_stall(std::function<void(bool is_stalled)> handler);

    /// How long the write and sync in progress has taken; 0 if there is none.
    [[nodiscard]] std::chrono::milliseconds unanswered() const;

    /// Stops waiting for a disk that does not respond, and treats this as a failure (fdatasync,
    /// ETIMEDOUT). The records passed to on_unwritten's handler may or may not be durable. The
    /// `flush` executor may be blocked forever, so do not join its thread unless unanswered() is 0.
    /// Call this only while a write and sync is in progress.
    void give_up();

    /// Sets the handler that is called once, when the disk is full and less than kRoomMinBytes are
    /// reserved. It is called before any record of the current batch counts as durable. No further
    /// requests may be sent; the records of those in flight still fit.
    void on_no_room(std::function<void(std::error_code error)> handler);

    /// Sets the handler that receives the records that may be lost if the journal fails, as journal
    /// lines. It is called on `main`, after on_failure's handler: first with all such records
    /// (empty if there are none), and then with each record that is staged later. These lines are
    /// the only remaining record of KMS's responses.
    void on_unwritten(std::function<void(std::string_view lines)> handler);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry::engine
