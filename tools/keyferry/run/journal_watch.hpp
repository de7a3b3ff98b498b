// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/open.hpp"
#include "engine/journal/write/writer.hpp"
#include "io/clock/clock.hpp"
#include "io/file/posix_append_file.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::cli {

/// The settings of the writer of a journal that was just started.
[[nodiscard]] engine::JournalWriterSettings writer_settings(const engine::StartedJournal& started);

/// Whether `file` was removed, renamed or replaced since it was opened, so that its path does not
/// lead to it any more. False if that cannot be determined.
[[nodiscard]] bool was_replaced(io::PosixAppendFile& file);

/// Logs that the journal at `path` was replaced during the session, and the `consequence`.
void log_replaced_journal(const std::string& path, std::string_view consequence);

/// What a session does if its journal's disk fails, is full or does not answer. Reports each of
/// these, and logs outcomes that the journal lacks.
class JournalWatch {
  public:
    /// The session that writes the journal.
    struct Session {
        std::function<void()> stop;              ///< sends no further request
        std::function<std::size_t()> in_flight;  ///< requests without a response
        std::function<void()> end;               ///< ends without waiting for the journal
        std::function<bool()> is_over;
    };

    /// `writer` and `clock` must outlive this, and `path` names the journal in messages.
    JournalWatch(engine::JournalWriter& writer,
                 io::Clock& clock,
                 std::string path,
                 ProgressStyle style,
                 Session session);
    JournalWatch(const JournalWatch&) = delete;
    JournalWatch& operator=(const JournalWatch&) = delete;

    /// Ends a session that is to stop if the disk does not answer.
    void wait_for_disk();

    /// Whether the session has ended without an answer of the disk. Its thread may be blocked for
    /// ever, so the process must end with exit_without_journal().
    [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }
    [[noreturn]] void exit_without_journal() const;

    /// Why no more space could be reserved for the journal, if that stopped the session.
    [[nodiscard]] std::error_code no_room() const noexcept { return no_room_; }

    /// How long the disk has not answered; 0 if it answers.
    [[nodiscard]] std::chrono::seconds stalled() const;

  private:
    void log_stall(bool is_stalled) const;
    void give_up();
    void stop_without_room(std::error_code error);
    void log_unwritten(std::string_view lines);
    [[nodiscard]] std::chrono::seconds unanswered() const;

    engine::JournalWriter& writer_;
    io::Clock& clock_;
    std::string path_;
    ProgressStyle style_;
    Session session_;
    bool is_failing_ = false;
    bool gave_up_ = false;
    std::error_code no_room_;
    /// Expires with this object: a timer may still fire when the io_context is run again.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace keyferry::cli
