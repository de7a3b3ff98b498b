// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/journal_watch.hpp"

#include "planner/text/text_table.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/unjournaled_outcomes.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <utility>

namespace keyferry::cli {

namespace {

/// How long to wait for calls in flight after the journal has failed.
constexpr std::chrono::seconds kLastResponsesMax{10};
/// How long a session that is ending waits for a disk that does not respond.
constexpr std::chrono::seconds kDiskWaitMax{10};
constexpr std::chrono::seconds kDiskCheckInterval{1};

}  // namespace

engine::JournalWriterSettings writer_settings(const engine::StartedJournal& started) {
    engine::JournalWriterSettings settings;
    settings.room = started.room;
    return settings;
}

bool was_replaced(io::PosixAppendFile& file) {
    bool is_same_file = true;
    return !file.check_path(is_same_file) && !is_same_file;
}

void log_replaced_journal(const std::string& path, std::string_view consequence) {
    log_message(fmt::format(
        "journal {}: the file was removed or replaced while it was in use. The report is complete, "
        "but {}",
        path,
        consequence));
}

JournalWatch::JournalWatch(engine::JournalWriter& writer,
                           io::Clock& clock,
                           std::string path,
                           ProgressStyle style,
                           Session session)
    : writer_(writer),
      clock_(clock),
      path_(std::move(path)),
      style_(style),
      session_(std::move(session)) {
    writer_.on_unwritten([this](std::string_view lines) { log_unwritten(lines); });
    writer_.on_stall([this](bool is_stalled) { log_stall(is_stalled); });
    writer_.on_no_room([this](std::error_code error) { stop_without_room(error); });
}

JournalWatch::~JournalWatch() {
    writer_.on_unwritten(nullptr);
    writer_.on_stall(nullptr);
    writer_.on_no_room(nullptr);
}

void JournalWatch::log_stall(bool is_stalled) {
    end_progress(style_);
    if (is_stalled && !is_checking_) {
        is_checking_ = true;
        check_disk();
    }
    log_message(
        is_stalled ? fmt::format("the journal's disk has not responded for {} s ({}): nothing will "
                                 "be created or changed until it does",
                                 unanswered().count(),
                                 path_)
                   : fmt::format("the journal's disk is responding again ({})", path_));
}

std::chrono::seconds JournalWatch::unanswered() const {
    return std::chrono::duration_cast<std::chrono::seconds>(writer_.unanswered());
}

std::chrono::seconds JournalWatch::stalled() const {
    return writer_.is_stalled() ? unanswered() : std::chrono::seconds(0);
}

/// Waits for the disk without a limit while the session continues, and for a limited time while it
/// is ending.
void JournalWatch::check_disk() {
    if (session_.is_ending() && writer_.unanswered() >= kDiskWaitMax) {
        give_up();
        return;
    }
    const std::weak_ptr<const char> alive = alive_;
    clock_.sleep_until(clock_.now() + kDiskCheckInterval,
                       [this, alive](boost::system::error_code error) {
                           if (!error && !alive.expired() && !session_.is_over() && !is_failing_) {
                               check_disk();
                           }
                       });
}

/// Treats the journal as failed, so that log_unwritten() logs the outcomes.
void JournalWatch::give_up() {
    if (writer_.failure()) {
        return;
    }
    gave_up_ = true;
    end_progress(style_);
    log_message(
        fmt::format("the journal's disk has not responded for {} s ({}): stopping without waiting "
                    "for it. The outcomes below may be missing from the journal",
                    unanswered().count(),
                    path_));
    writer_.give_up();
}

/// Ends the process, because its other thread may be blocked on the disk forever.
void JournalWatch::exit_without_journal() const {
    end_progress(style_);
    const std::size_t in_flight = session_.in_flight();
    log_message(fmt::format(
        "stopped; {}run the same command again once the disk responds: it asks KMS about every "
        "request whose outcome is not in the journal",
        in_flight == 0 ? ""
                       : fmt::format("{} had no response and may have taken effect; ",
                                     planner::counted(in_flight, "call"))));
    finish_output(exit_journal);
    ::_exit(exit_journal);
}

void JournalWatch::stop_without_room(std::error_code error) {
    no_room_ = error;
    session_.stop();
    end_progress(style_);
    log_message(
        fmt::format("no space is left for the journal ({}): {}. Stopping after {} in "
                    "flight, whose outcomes still fit",
                    path_,
                    error.message(),
                    planner::counted(session_.in_flight(), "call")));
}

/// Logs outcomes that arrive after the journal has failed, for a limited time.
void JournalWatch::log_unwritten(std::string_view lines) {
    if (!std::exchange(is_failing_, true)) {
        end_progress(style_);
        log_message(
            fmt::format("cannot write the journal: no more calls are sent; waiting up to {} s for "
                        "{} in flight",
                        kLastResponsesMax.count(),
                        planner::counted(session_.in_flight(), "call")));
        const std::weak_ptr<const char> alive = alive_;
        clock_.sleep_until(clock_.now() + kLastResponsesMax,
                           [this, alive](boost::system::error_code) {
                               if (!alive.expired()) {
                                   session_.end();
                               }
                           });
    }
    if (style_ == ProgressStyle::json) {
        for (const std::string& object : unwritten_json(lines)) {
            show_progress(style_, object);
        }
        return;
    }
    for (const std::string& note : unwritten_notes(lines)) {
        log_message(note);
    }
}

}  // namespace keyferry::cli
