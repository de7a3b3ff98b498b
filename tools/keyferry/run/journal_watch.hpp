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

/// Whether `file` has been removed, renamed or replaced since it was opened, so that its path no
/// longer refers to it. False if this cannot be determined.
[[nodiscard]] bool was_replaced(io::PosixAppendFile& file);

/// Logs that the journal at `path` was replaced during the session, and the `consequence`.
void log_replaced_journal(const std::string& path, std::string_view consequence);

/// Handles a journal disk that fails, is full or does not respond. Reports each of these problems,
/// and logs the outcomes that are missing from the journal.
class JournalWatch {
  public:
    /// The session that writes the journal.
    struct Session {
        std::function<void()> stop;              ///< stops sending requests
        std::function<std::size_t()> in_flight;  ///< requests without a response
        std::function<void()> end;        ///< ends the session without waiting for the journal
        std::function<bool()> is_ending;  ///< true if no more requests are started
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
    ~JournalWatch();

    /// Whether the session stopped waiting for the disk while it was ending. The journal's thread
    /// may be blocked forever, so the process must end with exit_without_journal().
    [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }
    [[noreturn]] void exit_without_journal() const;

    /// The error that prevented reserving more space for the journal, if this stopped the session.
    [[nodiscard]] std::error_code no_room() const noexcept { return no_room_; }

    /// The time since the disk last responded; 0 if it is responding.
    [[nodiscard]] std::chrono::seconds stalled() const;

  private:
    void log_stall(bool is_stalled);
    void check_disk();
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
    bool is_checking_ = false;  ///< whether the disk is checked every second
    bool gave_up_ = false;
    std::error_code no_room_;
    /// Expires with this object: a timer may still fire when the io_context is run again.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace keyferry::cli
