// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/journaled_session.hpp"

#include "engine/journal/read/problem.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/stop_signals.hpp"

#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

#include <utility>

namespace keyferry::cli {

JournaledSession::JournaledSession(engine::OpenedJournal& journal,
                                   std::string path,
                                   ProgressStyle style,
                                   boost::asio::io_context& io,
                                   io::Clock& clock)
    : io_(io),
      clock_(clock),
      path_(std::move(path)),
      style_(style),
      writer_(*journal.file,
              journal.start.tail,
              clock,
              io.get_executor(),
              flush_thread_.get_executor(),
              writer_settings(journal.start)),
      watch_(writer_,
             clock,
             path_,
             style,
             {[this] { work_.stop(); },
              [this] { return work_.in_flight(); },
              [this] { end(); },
              [this] { return interrupted_ || work_.is_ending(); },
              [this] {
                  return is_over_;
              }}) {}

void JournaledSession::run(JournaledWork work) {
    work_ = std::move(work);
    // A second signal ends the process without waiting for calls in flight and their records.
    std::optional<GracefulStop> signals(
        std::in_place, io_, [this] { stop_gracefully(); }, style_, work_.stopped_at_once);
    show_progress_later();
    boost::asio::co_spawn(io_, work_.run(), [this](std::exception_ptr error) {
        error_ = std::move(error);
        end();
    });
    io_.run();
    signals.reset();  // from now on, a signal ends the process immediately
    if (watch_.gave_up()) {
        watch_.exit_without_journal();
    }
    flush_thread_.join();
    if (!writer_.failure()) {  // otherwise, suspended calls must not continue
        io_.restart();
    }
    end_progress(style_);
    if (error_) {
        std::rethrow_exception(error_);
    }
}

std::optional<CommandError> JournaledSession::cut_short(const CutShortTexts& texts,
                                                        const std::string& refusal,
                                                        bool is_complete) const {
    if (const std::optional<engine::JournalFailure>& failure = writer_.failure()) {
        const std::error_code error(failure->error_number, std::system_category());
        return CommandError(
            exit_journal,
            {engine::journal_io_problem(path_, failure->operation, error).text,
             fmt::format("no {} were sent after that; {}", texts.calls, texts.continuation)});
    }
    if (!refusal.empty()) {
        return CommandError(exit_permission,
                            {"stopped because KMS would refuse every call: " + refusal,
                             "fix the credentials or the clock, then " + texts.continuation});
    }
    if (is_complete) {
        return std::nullopt;
    }
    if (interrupted_) {
        return CommandError(
            exit_interrupted,
            fmt::format("interrupted: exit code 130 means that a signal stopped {}; {}",
                        texts.unfinished,
                        texts.continuation));
    }
    if (no_room()) {
        return CommandError(exit_journal,
                            {engine::journal_io_problem(path_, "reserving space", no_room()).text,
                             texts.continuation});
    }
    return std::nullopt;
}

void JournaledSession::end() {
    is_over_ = true;
    io_.stop();
}

/// Waits for the calls in flight and their journal records.
void JournaledSession::stop_gracefully() {
    interrupted_ = true;
    work_.stop();
    end_progress(style_);
    log_message(fmt::format("stopping after {}; press Ctrl-C again to stop immediately",
                            work_.remainder()));
}

void JournaledSession::show_progress_later() {
    if (style_ == ProgressStyle::none) {
        return;
    }
    const std::weak_ptr<const char> alive = alive_;
    clock_.sleep_until(
        clock_.now() + progress_interval(style_), [this, alive](boost::system::error_code error) {
            if (!error && !alive.expired() && !is_over_) {
                show_progress(style_,
                              work_.progress(style_ == ProgressStyle::json, watch_.stalled()));
                show_progress_later();
            }
        });
}

}  // namespace keyferry::cli
