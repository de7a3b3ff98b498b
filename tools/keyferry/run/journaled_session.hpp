// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/open.hpp"
#include "engine/journal/write/writer.hpp"
#include "io/clock/clock.hpp"
#include "tools/keyferry/run/journal_watch.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::cli {

/// The work of a JournaledSession: a run or a sync.
struct JournaledWork {
    std::function<boost::asio::awaitable<void>()> run;
    std::function<void()> stop;              ///< stops sending requests, so that `run` completes
    std::function<bool()> is_ending;         ///< true if no more requests are started
    std::function<std::size_t()> in_flight;  ///< requests without a response
    /// Describes the calls that a stop waits for, such as "3 calls in flight".
    std::function<std::string()> remainder;
    /// Returns one progress line. `stalled` is how long the journal's disk has been unresponsive.
    std::function<std::string(bool as_json, std::chrono::seconds stalled)> progress;
    std::string stopped_at_once;  ///< the message after a second signal
};

/// What the error says if the work of a session was cut short.
struct CutShortTexts {
    std::string_view calls;       ///< "calls" or "changes"
    std::string_view unfinished;  ///< "the run before all jobs were done"
    /// How to continue: "run the same command again to resume".
    std::string continuation;
};

/// Executes calls that a journal records: writes the journal, shows progress, and stops when
/// it receives a signal or when the journal's disk fails, is full or does not respond.
class JournaledSession {
  public:
    /// All arguments must outlive this. `path` names the journal in messages.
    JournaledSession(engine::OpenedJournal& journal,
                     std::string path,
                     ProgressStyle style,
                     boost::asio::io_context& io,
                     io::Clock& clock);
    JournaledSession(const JournaledSession&) = delete;
    JournaledSession& operator=(const JournaledSession&) = delete;

    [[nodiscard]] engine::JournalWriter& writer() noexcept { return writer_; }
    [[nodiscard]] ProgressStyle style() const noexcept { return style_; }

    /// Runs `work` to completion. If the journal fails, waits a limited time for the calls in
    /// flight. Ends the process if the disk does not respond. Rethrows exceptions from `work`. May
    /// be called once. `io` can be run again afterwards, unless the journal has failed.
    void run(JournaledWork work);

    /// Returns the error that ends the command if the work was cut short: the journal could not be
    /// written, KMS would refuse every call (`refusal`, empty otherwise), or, unless `is_complete`,
    /// a signal or a lack of space stopped it. Nullopt if nothing cut it short.
    [[nodiscard]] std::optional<CommandError> cut_short(const CutShortTexts& texts,
                                                        const std::string& refusal,
                                                        bool is_complete) const;

    [[nodiscard]] bool was_interrupted() const noexcept { return interrupted_; }
    /// The error that prevented reserving more space for the journal, if this stopped the session.
    [[nodiscard]] std::error_code no_room() const noexcept { return watch_.no_room(); }
    [[nodiscard]] const std::optional<engine::JournalFailure>& journal_failure() const noexcept {
        return writer_.failure();
    }

  private:
    void end();
    void stop_gracefully();
    void show_progress_later();

    boost::asio::io_context& io_;
    io::Clock& clock_;
    std::string path_;
    ProgressStyle style_;
    JournaledWork work_;
    boost::asio::thread_pool flush_thread_{1};
    engine::JournalWriter writer_;
    JournalWatch watch_;
    bool interrupted_ = false;
    bool is_over_ = false;
    std::exception_ptr error_;
    /// Expires with this object: a timer may still fire when `io_` is run again.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace keyferry::cli
