// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
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

namespace keyferry::engine {

struct JournalWriterSettings {
    // Not more than the format allows, which is what a reader takes for a torn tail at most.
    std::size_t batch_records_max = kJournalBatchRecordsMax;
    /// No batch is larger, but for its last record: what an unclean open writes anew covers it.
    std::size_t batch_bytes_max = kJournalBatchBytesMax;
    /// How long a record that nobody waits for may stay in memory.
    std::chrono::milliseconds linger_max{200};
    /// From the start of one sync to the start of the next. A sync costs some 0.2 ms of processor
    /// time, whatever it carries, so at full speed records wait for each other; a record that comes
    /// after a pause is written at once.
    std::chrono::microseconds sync_interval_min{5000};
    /// The same behind a batch of so many records: then thousands of calls a second are under way,
    /// and it is the syncs that they have to share that cost.
    std::chrono::microseconds sync_interval_at_full_speed_min{10'000};
    std::size_t full_speed_records = 100;
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
    /// Durable within linger_max.
    void write(const JobEntry& entry) override;
    std::uint64_t write_soon(const JobEntry& entry) override;
    [[nodiscard]] std::uint64_t durable_end() const noexcept override;
    void on_durable(std::function<void()> handler) override;
    void write_end(std::string_view how) override;
    boost::asio::awaitable<bool> flush() override;
    [[nodiscard]] const std::optional<JournalFailure>& failure() const noexcept override;

    /// `handler` is called on `main` once the journal has failed, after on_failure's: with all
    /// records that may be lost, as lines of a journal (empty if there are none), and again with
    /// each that is written later. They are the last word on what KMS has answered.
    void on_unwritten(std::function<void(std::string_view lines)> handler);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry::engine
