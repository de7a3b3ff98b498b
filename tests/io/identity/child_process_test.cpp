// SPDX-License-Identifier: Apache-2.0
#include "io/identity/child_process.hpp"

#include "io/clock/steady_clock.hpp"
#include "io/identity/process_credentials.hpp"
#include "tests/support/run_to_end.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
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
        << "its three standard files, and the directory opened by ls";
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
