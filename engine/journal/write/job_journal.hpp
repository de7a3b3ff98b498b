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

/// Why the journal stopped. Final: nothing is written after it.
struct JournalFailure {
    std::string operation;  ///< "write" or "fdatasync"
    int error_number = 0;   ///< errno
};

/// The port between the executor and what remembers its jobs. A run has a JournalWriter here; it
/// exists so that a bench can run the same executor with the journal off, and tell what it costs.
///
/// All members are called on the executor's one thread.
class JobJournal {
  public:
    JobJournal() = default;
    JobJournal(const JobJournal&) = delete;
    JobJournal& operator=(const JobJournal&) = delete;
    virtual ~JobJournal() = default;

    /// `handler` is called once when the journal fails, before anyone who waits is told. Empty to
    /// take it away.
    virtual void on_failure(std::function<void(const JournalFailure&)> handler) = 0;

    /// Stages a record, which becomes durable soon. Dropped after a failure. `entry` need not live
    /// on.
    virtual void write(const JobEntry& entry) = 0;

    /// The same for a record that somebody waits for: it is made durable as soon as the disk can.
    /// Returns the number behind it: it is durable when durable_end() has come so far, and after a
    /// failure perhaps never.
    virtual std::uint64_t write_soon(const JobEntry& entry) = 0;

    /// All records with lower numbers are durable.
    [[nodiscard]] virtual std::uint64_t durable_end() const noexcept = 0;

    /// `handler` is called each time durable_end() has grown. Empty to take it away. What waits for
    /// many records waits here, all in one place: a coroutine for each would cost more than its
    /// record does.
    virtual void on_durable(std::function<void()> handler) = 0;

    /// Stages the `end` record with `how` ("finished", "refused", "stopped").
    virtual void write_end(std::string_view how) = 0;

    /// Completes when everything staged so far is durable (true) or the journal has failed (false),
    /// in which case it may or may not be kept. The wait cannot be cancelled: it is as long as the
    /// disk takes.
    virtual boost::asio::awaitable<bool> flush() = 0;

    [[nodiscard]] virtual const std::optional<JournalFailure>& failure() const noexcept = 0;
};

}  // namespace keyferry::engine
