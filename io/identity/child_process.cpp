// SPDX-License-Identifier: Apache-2.0
#include "io/identity/child_process.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace keyferry::io {

namespace asio = boost::asio;

namespace {

/// Polling interval for the exit of a program that has closed its output.
constexpr std::chrono::milliseconds kExitPoll{5};

struct Pipe {
    int read_end = -1;
    int write_end = -1;

    Pipe() = default;
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close_end(read_end);
        close_end(write_end);
    }
    bool open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            return false;
        }
        read_end = above_standard(ends[0]);
        write_end = above_standard(ends[1]);
        return read_end >= 0 && write_end >= 0;
    }
    /// If this process's own standard streams are closed, a pipe could get one of their descriptor
    /// numbers and would be closed in the new process before it is moved into place.
    static int above_standard(int end) {
        if (end > STDERR_FILENO) {
            return end;
        }
        const int moved = ::fcntl(end, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        ::close(end);
        return moved;
    }
    static void close_end(int& end) {
        if (end >= 0) {
            ::close(end);
            end = -1;
        }
    }
};

/// Blocks all signals for this thread while the object exists.
class BlockedSignals {
  public:
    BlockedSignals() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

    const sigset_t& before() const { return before_; }

  private:
    sigset_t before_{};
};

/// Everything that the new process needs to execute the program.
struct ProgramStart {
    char* const* arguments;
    int output;            ///< the standard output of the program
    int report;            ///< receives errno if the program cannot be started; close-on-exec
    pid_t parent;          ///< the ID of this process
    const sigset_t* mask;  ///< the signal mask of the program
};

/// Restores the default action of all signals that this process handles or ignores.
void reset_signals() {
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) != 0) {
            continue;
        }
        const bool is_ours = signal == SIGPIPE || signal == SIGXFSZ || signal == SIGCHLD;
        const bool is_handled = action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL;
        if (is_ours || is_handled) {
            action = {};
            action.sa_handler = SIG_DFL;
            ::sigaction(signal, &action, nullptr);
        }
    }
}

/// Runs in the new process, with all signals blocked. The new process has only a copy of the
/// calling thread, so until exec, it may call only async-signal-safe functions.
[[noreturn]] void become_program(const ProgramStart& start) {
    constexpr int kReport = STDERR_FILENO + 1;
    constexpr int kNotStarted = 127;
    // Ensures that the program is killed when the parent process ends, even if the parent is
    // killed. If the parent ended just before this call, the new process already has another
    // parent.
    const bool dies_with_parent =
        ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == start.parent;
    ::setpgid(0, 0);
    reset_signals();
    const int null = ::open("/dev/null", O_RDWR);
    const bool has_files =
        null >= 0 && ::dup2(null, STDIN_FILENO) >= 0 && ::dup2(start.output, STDOUT_FILENO) >= 0 &&
        ::dup2(null, STDERR_FILENO) >= 0 &&
        (start.report == kReport || ::dup3(start.report, kReport, O_CLOEXEC) >= 0);
    if (dies_with_parent && has_files) {
        // Asio's sockets are not close-on-exec, and the program must not inherit the journal.
        ::closefrom(kReport + 1);
        ::pthread_sigmask(SIG_SETMASK, start.mask, nullptr);
        ::execvp(start.arguments[0], start.arguments);
    }
    const int error = errno;
    static_cast<void>(!::write(has_files ? kReport : start.report, &error, sizeof error));
    ::_exit(kNotStarted);
}

/// The process groups of the running programs, for kill_running_programs(); 0 for a free entry.
std::array<std::atomic<pid_t>, 64> running_groups{};
static_assert(std::atomic<pid_t>::is_always_lock_free, "used in a signal handler");

void add_running_group(pid_t group) noexcept {
    for (std::atomic<pid_t>& entry : running_groups) {
        pid_t free = 0;
        if (entry.compare_exchange_strong(free, group)) {
            return;
        }
    }
}

/// Must be called before the process ID may be reused.
void remove_running_group(pid_t group) noexcept {
    for (std::atomic<pid_t>& entry : running_groups) {
        pid_t found = group;
        if (entry.compare_exchange_strong(found, 0)) {
            return;
        }
    }
}

/// A running program and its output.
struct Child {
    Child(asio::io_context& io, pid_t pid_) : pid(pid_), output(io) {}
    ~Child() {
        OPENSSL_cleanse(printed.data(), printed.size());
        if (!is_over) {  // the call was cancelled
            ::kill(-pid, SIGKILL);
            remove_running_group(pid);
            ::waitpid(pid, nullptr, WNOHANG);
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Kills the process group, including the program's children. Also stops reading, because a
    /// process that has left the group may keep the pipe open.
    void kill_group(ProcessResult::Kind why) {
        if (!forced) {
            forced = why;
            ::kill(-pid, SIGKILL);
            output.close();
        }
    }

    pid_t pid;
    asio::posix::stream_descriptor output;
    std::string printed;
    std::optional<ProcessResult::Kind> forced;
    bool is_over = false;  ///< if true, `pid` may belong to another process by now
};

/// Starts the program; returns 0 or errno.
int start(const std::vector<std::string>& command, Pipe& output, pid_t& pid) {
    Pipe report;
    if (!output.open() || !report.open()) {
        return errno;
    }
    std::vector<char*> arguments;
    for (const std::string& word : command) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    {
        const BlockedSignals blocked;
        pid = ::fork();
        if (pid == 0) {
            become_program(
                {arguments.data(), output.write_end, report.write_end, parent, &blocked.before()});
        }
        if (pid > 0) {
            add_running_group(pid);  // before a blocked signal can end this process
        }
    }
    if (pid < 0) {
        return errno;
    }
    Pipe::close_end(report.write_end);
    int error = 0;
    ssize_t count = 0;
    do {  // until exec closes the pipe
        count = ::read(report.read_end, &error, sizeof error);
    } while (count < 0 && errno == EINTR);
    if (count != sizeof error) {
        return 0;
    }
    remove_running_group(pid);
    ::waitpid(pid, nullptr, 0);
    return error;
}

asio::awaitable<void> read_output(std::shared_ptr<Child> child, std::size_t bytes_max) {
    std::string& into = child->printed;
    into.reserve(bytes_max);  // a string that grows leaves copies of secrets in memory
    std::array<char, 4096> space;
    boost::system::error_code error;
    while (!error) {
        const std::size_t count = co_await child->output.async_read_some(
            asio::buffer(space), asio::redirect_error(asio::use_awaitable, error));
        const std::size_t kept = std::min(count, bytes_max - into.size());
        into.append(space.data(), kept);
        OPENSSL_cleanse(space.data(), count);
        if (kept < count) {
            child->kill_group(ProcessResult::Kind::too_much_output);
        }
    }
}

/// Whether the program has exited. Its process ID stays valid until its status is read.
bool has_exited(pid_t pid) {
    siginfo_t info{};
    const int result = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
    return result != 0 || info.si_pid == pid;
}

/// Waits for the exit of a program that has closed its output. Returns nullopt if the exit status
/// is lost because this process ignores SIGCHLD.
asio::awaitable<std::optional<int>> wait_for_exit(std::shared_ptr<Child> child, Clock& clock) {
    while (!has_exited(child->pid)) {
        co_await clock.sleep_until(clock.now() + kExitPoll, asio::use_awaitable);
    }
    remove_running_group(child->pid);
    int status = 0;
    const pid_t ended = ::waitpid(child->pid, &status, WNOHANG);
    child->is_over = true;
    co_return ended == child->pid ? std::optional(status) : std::nullopt;
}

}  // namespace

asio::awaitable<ProcessResult> run_process(asio::io_context& io,
                                           Clock& clock,
                                           std::vector<std::string> command,
                                           ProcessLimits limits) {
    ProcessResult end;
    Pipe output;
    pid_t pid = 0;
    end.status = start(command, output, pid);
    if (end.status != 0) {
        co_return std::move(end);
    }
    const auto child = std::make_shared<Child>(io, pid);
    child->output.assign(std::exchange(output.read_end, -1));
    Pipe::close_end(output.write_end);
    // The timer may outlive the call and must not keep the output in memory.
    clock.sleep_until(clock.now() + limits.time,
                      [weak = std::weak_ptr(child)](boost::system::error_code error) {
                          const auto running = weak.lock();
                          if (!error && running && !running->is_over) {
                              running->kill_group(ProcessResult::Kind::timed_out);
                          }
                      });
    co_await read_output(child, limits.output_bytes_max);
    const std::optional<int> status = co_await wait_for_exit(child, clock);
    if (child->forced) {
        end.kind = *child->forced;
    } else if (!status) {
        end.kind = ProcessResult::Kind::lost;
    } else {
        end.kind = WIFEXITED(*status) ? ProcessResult::Kind::exited : ProcessResult::Kind::killed;
        end.status = WIFEXITED(*status) ? WEXITSTATUS(*status) : WTERMSIG(*status);
    }
    end.output = Secret::take(child->printed);
    co_return std::move(end);
}

void kill_running_programs() noexcept {
    for (const std::atomic<pid_t>& entry : running_groups) {
        if (const pid_t group = entry.load(); group != 0) {
            ::kill(-group, SIGKILL);
        }
    }
}

}  // namespace keyferry::io
