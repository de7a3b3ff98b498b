// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace keyferry::cli {

/// Makes SIGINT, SIGTERM and SIGHUP end the program immediately with exit_interrupted. This also
/// works in process 1 of a container, where the kernel ignores signals that have no handler. If
/// SIGHUP is already ignored, as under nohup, it stays ignored. `before_exit` is called from the
/// signal handler before the program ends there, so it must be async-signal-safe. Call
/// set_log_style() and this first. Calling it again has no effect.
void serve_stop_signals(void (*before_exit)() noexcept);

/// While this object exists, the first stop signal does not end the program but calls a function
/// that stops it properly. Any further signal ends the program immediately from the signal handler,
/// even if all threads are blocked in a system call. Only one such object may exist at a time. It
/// has no effect unless serve_stop_signals() has been called.
class GracefulStop {
  public:
    /// `stop` is called on `io`, which must outlive this. `at_once` is the message that is printed
    /// when the program ends immediately; it is written below the progress line of `style`.
    GracefulStop(boost::asio::io_context& io,
                 std::function<void()> stop,
                 ProgressStyle style,
                 std::string_view at_once);
    ~GracefulStop();
    GracefulStop(const GracefulStop&) = delete;
    GracefulStop& operator=(const GracefulStop&) = delete;

    /// Whether a stop signal has been received.
    [[nodiscard]] bool requested() const noexcept;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

struct FinalOutput;

/// While this object exists, a stop signal that ends the program immediately because there is no
/// GracefulStop also prints `note`. Only one such object may exist at a time.
class InterruptionNote {
  public:
    explicit InterruptionNote(std::string_view note);
    ~InterruptionNote();
    InterruptionNote(const InterruptionNote&) = delete;
    InterruptionNote& operator=(const InterruptionNote&) = delete;

  private:
    std::unique_ptr<const FinalOutput> output_;
};

}  // namespace keyferry::cli
