// SPDX-License-Identifier: Apache-2.0
#include "io/identity/process_credentials.hpp"

#include "io/identity/credential_json.hpp"
#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace keyferry::io {

namespace asio = boost::asio;

namespace {

/// Describes how a program failed.
std::string describe_failure(const ProcessResult& end, const ProcessLimits& limits) {
    switch (end.kind) {
        case ProcessResult::Kind::exited:
            return fmt::format("it exited with status {}", end.status);
        case ProcessResult::Kind::killed:
            return fmt::format("it was killed by signal {}", end.status);
        case ProcessResult::Kind::not_started:
            return fmt::format("it could not be started: {}",
                               std::generic_category().message(end.status));
        case ProcessResult::Kind::timed_out:
            return fmt::format(
                "it timed out after {} s and was killed",
                std::chrono::duration_cast<std::chrono::seconds>(limits.time).count());
        case ProcessResult::Kind::too_much_output:
            return fmt::format("it printed more than {} bytes", limits.output_bytes_max);
        case ProcessResult::Kind::lost:
            return "its exit status cannot be read, because this process ignores SIGCHLD";
    }
    return "?";
}

}  // namespace

asio::awaitable<CredentialsOutcome> process_credentials(asio::io_context& io,
                                                        Clock& clock,
                                                        ProcessSource origin,
                                                        ProcessLimits limits) {
    std::string source =
        fmt::format("credential_process {} of {}", in_quotes(origin.command.front()), origin.where);
    const ProcessResult end = co_await run_process(io, clock, std::move(origin.command), limits);
    if (end.kind == ProcessResult::Kind::exited && end.status == 0) {
        co_return read_process_credentials(end.output.reveal(), std::move(source));
    }
    co_return CredentialFailure(end.kind != ProcessResult::Kind::not_started,
                                fmt::format("{}: {}; run it manually to see its error output",
                                            source,
                                            describe_failure(end, limits)));
}

}  // namespace keyferry::io
