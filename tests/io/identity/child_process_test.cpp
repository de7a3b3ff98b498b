// SPDX-License-Identifier: Apache-2.0
#include "io/identity/child_process.hpp"

#include "io/clock/steady_clock.hpp"
#include "io/identity/process_credentials.hpp"
#include "tests/support/run_to_end.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <sstream>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RunProcess : public ::testing::Test {
  protected:
    ProcessResult run(std::vector<std::string> command, ProcessLimits limits = {}) {
        return test::run_to_end(io_, run_process(io_, clock_, std::move(command), limits));
    }
    ProcessResult run_script(const std::string& script, ProcessLimits limits = {}) {
        return run({"sh", "-c", script}, limits);
    }
    CredentialsOutcome credentials(const std::string& script) {
        ProcessSource origin;
        origin.command = {"sh", "-c", script};
        origin.where = "profile 'dr' (/config:3)";
        return test::run_to_end(io_, process_credentials(io_, clock_, origin, ProcessLimits()));
    }

    boost::asio::io_context io_{1};
    SteadyClock clock_{io_};
};

TEST_F(RunProcess, returns_output_and_exit_status_without_stderr) {
    const ProcessResult end = run_script("echo out; echo err >&2; exit 3");
    EXPECT_EQ(end.kind, ProcessResult::Kind::exited);
    EXPECT_EQ(end.status, 3);
    EXPECT_EQ(end.output.reveal(), "out\n");
}

TEST_F(RunProcess, passes_arguments_without_shell) {
    EXPECT_EQ(run({"printf", "%s|", "a b", "$HOME", "*"}).output.reveal(), "a b|$HOME|*|");
}

TEST_F(RunProcess, child_has_empty_stdin_and_no_open_files) {
    EXPECT_EQ(run_script("cat; ls /proc/self/fd | wc -l").output.reveal(), "4\n")
        << "three standard files and the directory opened by ls";
}

TEST_F(RunProcess, reports_start_failure) {
    const ProcessResult end = run({"/nowhere/keys"});
    EXPECT_EQ(end.kind, ProcessResult::Kind::not_started);
    EXPECT_EQ(end.status, ENOENT);
}

TEST_F(RunProcess, reports_signal) {
    const ProcessResult end = run_script("kill -TERM $$");
    EXPECT_EQ(end.kind, ProcessResult::Kind::killed);
    EXPECT_EQ(end.status, SIGTERM);
}

TEST_F(RunProcess, kills_process_group_at_timeout) {
    ProcessLimits limits;
    limits.time = std::chrono::milliseconds(50);
    EXPECT_EQ(run_script("sleep 1000 & sleep 1000", limits).kind, ProcessResult::Kind::timed_out);
}

TEST_F(RunProcess, kills_process_that_prints_too_much) {
    ProcessLimits limits;
    limits.output_bytes_max = 10;
    EXPECT_EQ(run_script("yes", limits).kind, ProcessResult::Kind::too_much_output);
    EXPECT_EQ(run_script("printf 0123456789", limits).output.reveal(), "0123456789");
}

TEST_F(RunProcess, is_not_blocked_by_stderr_output) {
    const ProcessResult end = run_script("head -c 1000000 /dev/zero >&2; echo done");
    EXPECT_EQ(end.kind, ProcessResult::Kind::exited);
    EXPECT_EQ(end.output.reveal(), "done\n");
}

TEST_F(RunProcess, failure_is_not_success_if_sigchld_is_ignored) {
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    const ProcessResult end = run_script("exit 1");
    std::signal(SIGCHLD, before);
    EXPECT_EQ(end.kind, ProcessResult::Kind::lost);
}

TEST_F(RunProcess, child_has_default_signal_handlers) {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(run_script("grep -E 'Sig(Blk|Ign)' /proc/self/status").output.reveal(),
              "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    std::signal(SIGPIPE, before);
}

TEST_F(RunProcess, is_killed_when_the_call_is_cancelled) {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("pid");
    {
        boost::asio::io_context io{1};
        SteadyClock clock(io);
        std::vector<std::string> command{
            "sh",
            "-c",
            "echo $$ > " + path + ".new; mv " + path + ".new " + path + "; exec sleep 20"};
        boost::asio::co_spawn(
            io, run_process(io, clock, std::move(command), ProcessLimits()), boost::asio::detached);
        while (!std::filesystem::exists(path)) {
            io.run_one_for(std::chrono::milliseconds(1));
        }
    }
    pid_t pid = 0;
    std::ifstream(path) >> pid;
    int status = 0;
    if (::waitpid(pid, &status, 0) == pid) {
        EXPECT_TRUE(WIFSIGNALED(status));
    } else {
        EXPECT_EQ(errno, ECHILD) << "already waited for";
    }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/// Returns the number of places in this process's writable memory that contain the reverse of
/// `reversed`. Skips the function's own read buffer, which is static because a copy on the heap
/// would also be found.
int occurrences_of_reverse(const std::string& reversed) {
    static std::array<char, 1U << 20U> block;
    const auto block_begin = reinterpret_cast<std::uintptr_t>(block.data());
    const auto block_end = block_begin + block.size();
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    int count = 0;
    std::ifstream maps("/proc/self/maps");
    std::string line;
    while (std::getline(maps, line)) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        char dash = 0;
        std::string access;
        std::istringstream(line) >> std::hex >> begin >> dash >> end >> access;
        if (access != "rw-p" || line.find("[stack]") != std::string::npos) {
            continue;
        }
        while (begin + reversed.size() <= end) {
            if (begin >= block_begin && begin < block_end) {
                begin = block_end;
                continue;
            }
            const std::uintptr_t stop = begin < block_begin ? std::min(end, block_begin) : end;
            const std::size_t wanted = std::min<std::size_t>(stop - begin, block.size());
            const ::ssize_t got =
                ::pread(memory, block.data(), wanted, static_cast<::off_t>(begin));
            if (got < static_cast<::ssize_t>(reversed.size())) {
                begin = stop;
                continue;
            }
            const auto read_end = block.begin() + got;
            for (auto at = block.begin();; ++at) {
                at = std::search(at, read_end, reversed.rbegin(), reversed.rend());
                if (at == read_end) {
                    break;
                }
                ++count;
            }
            // The next block repeats the last bytes, in which an occurrence may begin.
            begin += static_cast<std::size_t>(got) - reversed.size() + 1;
        }
    }
    ::close(memory);
    return count;
}

TEST_F(RunProcess, secret_leaves_memory_with_its_result) {
    const std::string reversed = "3hsifdloG2retnuH";
    {
        // rev is used because this program's own memory must not contain the secret.
        const ProcessResult end =
            run_script("printf '{\"SecretAccessKey\":\"%s\"}' $(echo " + reversed + " | rev)");
        ASSERT_EQ(end.output.reveal().size(), 38U);
        EXPECT_EQ(occurrences_of_reverse(reversed), 1);
    }
    EXPECT_EQ(occurrences_of_reverse(reversed), 0)
        << "while the timer of the time limit is still running";
}
#endif

TEST_F(RunProcess, reads_credentials_from_process_output) {
    const Credentials found =
        credentials(R"(echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"}')").value();
    EXPECT_EQ(found.access_key_id, "A");
    EXPECT_EQ(found.source, "credential_process 'sh' of profile 'dr' (/config:3)");
}

TEST_F(RunProcess, reports_credential_process_failure) {
    const std::string failed =
        credentials("echo hunter2; echo 'no network' >&2; exit 1").error().text;
    EXPECT_THAT(failed,
                StartsWith("credential_process 'sh' of profile 'dr' (/config:3): it exited "
                           "with status 1; run it manually to see its error output"));
    EXPECT_THAT(failed, Not(HasSubstr("hunter2")));
    EXPECT_THAT(credentials("echo hunter2").error().text, HasSubstr("not a JSON object"));
    EXPECT_THAT(credentials("echo hunter2").error().text, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace keyferry::io
