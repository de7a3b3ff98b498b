// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/stop_signals.hpp"

#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace keyferry::cli {

namespace asio = boost::asio;

/// What a process writes when it ends from the signal handler. Created in advance, because a signal
/// handler must not allocate memory.
struct FinalOutput {
    FinalOutput(std::initializer_list<std::string_view> lines, std::string_view before = "")
        : message(before),
          object(error_object(exit_interrupted, fmt::format("{}", fmt::join(lines, "\n")))) {
        for (const std::string_view line : lines) {
            message += log_line(line);
        }
    }

    std::string message;  ///< for standard error
    std::string object;   ///< for standard output, if lacks_json_output()
};

namespace {

/// State shared by the signal handler and the program.
struct Shared {
    std::atomic<bool> is_awaited{false};       ///< a GracefulStop exists
    std::atomic<bool> is_requested{false};     ///< the GracefulStop has received its signal
    FinalOutput interrupted{{"interrupted"}};  ///< while no GracefulStop exists
    /// The output with the note of an InterruptionNote; null if there is none.
    std::atomic<const FinalOutput*> noted{nullptr};
    FinalOutput at_once{{}};                   ///< of the GracefulStop; constant while it exists
    void (*before_exit)() noexcept = nullptr;  ///< constant once signals are served
    std::array<int, 2> pipe{-1, -1};           ///< wakes the GracefulStop
};
static_assert(std::atomic<bool>::is_always_lock_free &&
                  std::atomic<const FinalOutput*>::is_always_lock_free,
              "used in a signal handler");

/// Never destroyed, since a signal may arrive at the very end of the program.
Shared& shared() {
    static auto* const instance = new Shared;
    return *instance;
}

[[noreturn]] void end_at_once(const FinalOutput& output) {
    shared().before_exit();
    // Errors are ignored, because there is no other place to report them.
    static_cast<void>(!::write(STDERR_FILENO, output.message.data(), output.message.size()));
    if (lacks_json_output()) {
        static_cast<void>(!::write(STDOUT_FILENO, output.object.data(), output.object.size()));
    }
    ::_exit(exit_interrupted);
}

void on_signal(int /*signal*/) {
    Shared& state = shared();
    if (!state.is_awaited.load()) {
        const FinalOutput* const noted = state.noted.load();
        end_at_once(noted == nullptr ? state.interrupted : *noted);
    }
    if (state.is_requested.exchange(true)) {
        end_at_once(state.at_once);
    }
    const int saved = errno;
    static_cast<void>(!::write(state.pipe[1], "", 1));
    errno = saved;
}

}  // namespace

void serve_stop_signals(void (*before_exit)() noexcept) {
    Shared& state = shared();
    if (state.pipe[0] >= 0) {
        return;
    }
    state.before_exit = before_exit;
    if (::pipe2(state.pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot create a pipe");
    }
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    for (const int signal : {SIGINT, SIGTERM}) {
        ::sigaction(signal, &action, nullptr);
    }
    struct sigaction before {};
    if (::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
        ::sigaction(SIGHUP, &action, nullptr);
    }
}

/// Shared with the pending wait, which ends when `io` runs again or is destroyed.
struct GracefulStop::State : std::enable_shared_from_this<GracefulStop::State> {
    State(asio::io_context& io, std::function<void()> stop_)
        : stop(std::move(stop_)), signals(io) {}

    /// Calls `stop` when the signal handler has written to the pipe. Asio may report a descriptor
    /// as ready although it is not: after io_context::stop(), a pending event of a closed socket
    /// can reach the descriptor that reuses the socket's entry.
    void wait() {
        signals.async_wait(asio::posix::stream_descriptor::wait_read,
                           [state = shared_from_this()](boost::system::error_code error) {
                               if (error || !state->stop) {
                                   return;
                               }
                               if (!shared().is_requested.load()) {
                                   state->wait();
                                   return;
                               }
                               state->stop();
                           });
    }

    std::function<void()> stop;
    asio::posix::stream_descriptor signals;
};

GracefulStop::GracefulStop(asio::io_context& io,
                           std::function<void()> stop,
                           ProgressStyle style,
                           std::string_view at_once)
    : state_(std::make_shared<State>(io, std::move(stop))) {
    Shared& to_handler = shared();
    assert(!to_handler.is_awaited.load());
    if (to_handler.pipe[0] < 0) {
        return;
    }
    const int wakes = ::fcntl(to_handler.pipe[0], F_DUPFD_CLOEXEC, 0);
    if (wakes < 0) {
        throw std::system_error(errno, std::generic_category(), "cannot duplicate a pipe");
    }
    state_->signals.assign(wakes);
    to_handler.at_once = FinalOutput({at_once}, style == ProgressStyle::terminal ? "\n" : "");
    state_->wait();
    to_handler.is_awaited.store(true);
}

GracefulStop::~GracefulStop() {
    shared().is_awaited.store(false);
    state_->stop = nullptr;
    boost::system::error_code ignored;
    state_->signals.close(ignored);
}

bool GracefulStop::requested() const noexcept {
    return shared().is_requested.load();
}

InterruptionNote::InterruptionNote(std::string_view note)
    : output_(std::make_unique<FinalOutput>(
          std::initializer_list<std::string_view>{"interrupted", note})) {
    assert(shared().noted.load() == nullptr);
    shared().noted.store(output_.get());
}

InterruptionNote::~InterruptionNote() {
    shared().noted.store(nullptr);
}

}  // namespace keyferry::cli
