// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace keyferry::cli {

/// From now on SIGINT, SIGTERM and SIGHUP end the program at once with exit_interrupted, also in
/// process 1 of a container, for which the kernel ignores signals that have no handler. SIGHUP
/// stays ignored if it is, as under nohup. Called first in main().
void serve_stop_signals();

/// While this exists, the first stop signal does not end the program, but calls a function that
/// lets it stop properly. Any further signal ends the program at once from within the signal
/// handler, even if all threads hang in a system call. Only one may exist at a time. Has no effect
/// unless serve_stop_signals() has been called.
class GracefulStop {
  public:
    /// `stop` is called by `io`, which must outlive this. `at_once` is the message on ending at
    /// once; it is written below the progress line of `style`.
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

}  // namespace keyferry::cli
