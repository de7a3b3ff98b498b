// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/call_session.hpp"

#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <memory>
#include <random>
#include <unistd.h>
#include <utility>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

/// Shows progress again and again, as long as somebody holds it.
class ProgressTicker : public std::enable_shared_from_this<ProgressTicker> {
  public:
    ProgressTicker(io::Clock& clock, ProgressStyle style, std::function<std::string(bool)> progress)
        : clock_(clock), style_(style), progress_(std::move(progress)) {}

    void tick_later() {
        if (style_ == ProgressStyle::none) {
            return;
        }
        // The last of these sleeps outlives the session.
        clock_.sleep_until(clock_.now() + progress_interval(style_),
                           [weak = weak_from_this()](boost::system::error_code error) {
                               const auto self = weak.lock();
                               if (error || !self) {
                                   return;
                               }
                               const bool as_json = self->style_ == ProgressStyle::json;
                               show_progress(self->style_, self->progress_(as_json));
                               self->tick_later();
                           });
    }

  private:
    io::Clock& clock_;
    ProgressStyle style_;
    std::function<std::string(bool)> progress_;
};

/// The first SIGINT or SIGTERM calls `stop`, the second ends the program with `words`.
/// What the system still has to tell when a session is over finds nothing to stop.
class Interrupt : public std::enable_shared_from_this<Interrupt> {
  public:
    Interrupt(asio::io_context& io, std::function<void()> stop, std::string words)
        : signals_(io, SIGINT, SIGTERM), stop_(std::move(stop)), words_(std::move(words)) {}

    void watch() {
        signals_.async_wait(
            [self = shared_from_this()](boost::system::error_code error, int /*signal*/) {
                if (error || !self->stop_) {
                    return;
                }
                if (self->came_) {
                    log_message(self->words_);
                    ::_exit(exit_interrupted);
                }
                self->came_ = true;
                self->stop_();
                self->watch();
            });
    }
    void forget() {
        stop_ = nullptr;
        signals_.cancel();
    }
    bool came() const noexcept { return came_; }

  private:
    asio::signal_set signals_;
    std::function<void()> stop_;
    std::string words_;
    bool came_ = false;
};

}  // namespace

CallSession::CallSession(const planner::RunSettings& settings,
                         KmsAccess& kms,
                         asio::io_context& io,
                         io::Clock& clock,
                         ProgressStyle style,
                         CallKind kind)
    : io_(io),
      clock_(clock),
      calls_(settings, kms.client(), clock, io.get_executor(), std::random_device{}()),
      style_(style),
      kind_(kind) {}

int CallSession::run(const std::function<asio::awaitable<void>()>& work,
                     const std::function<std::string(bool as_json)>& progress) {
    const auto interrupt = std::make_shared<Interrupt>(
        io_,
        [this] { calls_.stop(); },
        kind_ == CallKind::reads ? "Stopped at once; nothing was changed."
                                 : "Stopped at once; changes in flight may have been applied.");
    interrupt->watch();
    const auto ticker = std::make_shared<ProgressTicker>(clock_, style_, progress);
    ticker->tick_later();
    std::exception_ptr thrown;
    asio::co_spawn(io_, work(), [&](std::exception_ptr error) {
        thrown = std::move(error);
        io_.stop();
    });
    io_.run();
    io_.restart();
    interrupt->forget();
    end_progress(style_);
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    if (!calls_.refusal().empty()) {
        log_message("stopped because KMS would refuse every call: " + calls_.refusal());
        log_message(std::string("fix the credentials or the clock, then run the command again") +
                    (kind_ == CallKind::reads ? "; plan --offline makes no AWS calls" : ""));
        return exit_permission;
    }
    if (interrupt->came()) {
        log_message(kind_ == CallKind::reads ? "Stopped; nothing was changed."
                                             : "Stopped; run the same command again to continue.");
        return exit_interrupted;
    }
    return exit_done;
}

}  // namespace keyferry::cli
