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
#include <cerrno>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <spawn.h>
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
    /// If this process's own standard files are closed, a pipe would get their numbers and would be
    /// closed in the new process before it is moved into place.
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

/// Setup of the new process before exec. Functions fail only for lack of memory.
class SpawnSettings {
  public:
    explicit SpawnSettings(int output) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        // Asio's sockets are not close-on-exec, and the program must not inherit the journal.
        posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        posix_spawnattr_init(&attributes_);
        sigset_t taken_back;
        sigemptyset(&taken_back);
        sigaddset(&taken_back, SIGPIPE);
        sigaddset(&taken_back, SIGXFSZ);
        posix_spawnattr_setsigdefault(&attributes_, &taken_back);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_,
                                 static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
    }
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    const posix_spawn_file_actions_t* actions() const { return &actions_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// A running program and its output. Shared with the timeout handler.
struct Child {
    Child(asio::io_context& io, pid_t pid_) : pid(pid_), output(io) {}
    ~Child() { OPENSSL_cleanse(printed.data(), printed.size()); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Kills the process group, including the program's children, and stops reading, since a
    /// process that left the group may keep the pipe open.
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
    bool is_over = false;
};

/// Starts the program; returns 0 or errno.
int start(const std::vector<std::string>& command, Pipe& output, pid_t& pid) {
    if (!output.open()) {
        return errno;
    }
    std::vector<char*> arguments;
    for (const std::string& word : command) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const SpawnSettings settings(output.write_end);
    return ::posix_spawnp(&pid,
                          arguments.front(),
                          settings.actions(),
                          settings.attributes(),
                          arguments.data(),
                          environ);
}

asio::awaitable<void> read_output(std::shared_ptr<Child> child, std::size_t bytes_max) {
    std::string& into = child->printed;
    into.reserve(bytes_max);  // a growing string leaves copies of a secret behind
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

/// Waits for the exit of a program that has closed its output.
asio::awaitable<int> wait_for_exit(std::shared_ptr<Child> child, Clock& clock) {
    int status = 0;
    while (::waitpid(child->pid, &status, WNOHANG) == 0) {
        co_await clock.sleep_until(clock.now() + kExitPoll, asio::use_awaitable);
    }
    co_return status;
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
    clock.sleep_until(clock.now() + limits.time, [child](boost::system::error_code error) {
        if (!error && !child->is_over) {
            child->kill_group(ProcessResult::Kind::timed_out);
        }
    });
    co_await read_output(child, limits.output_bytes_max);
    const int status = co_await wait_for_exit(child, clock);
    child->is_over = true;
    if (child->forced) {
        end.kind = *child->forced;
    } else {
        end.kind = WIFEXITED(status) ? ProcessResult::Kind::exited : ProcessResult::Kind::killed;
        end.status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    }
    end.output = Secret(child->printed);
    co_return std::move(end);
}

}  // namespace keyferry::io
