// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "io/clock/clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace keyferry::io {

/// What a program has printed, and how it ended.
struct ProcessResult {
    enum class Kind {
        exited,           ///< `status` is its exit status
        killed,           ///< `status` is the signal that ended it
        not_started,      ///< `status` is the errno
        timed_out,        ///< ended by force when its time was up
        too_much_output,  ///< ended by force when it had printed more than allowed
    };

    Kind kind = Kind::not_started;
    int status = 0;
    Secret output;  ///< of standard output; whole only where it exited
};

struct ProcessLimits {
    std::chrono::milliseconds time{60'000};
    std::size_t output_bytes_max = 65'536;
};

/// Runs a program without a shell, with this process's environment, an empty standard input, a
/// standard error that goes nowhere (a script that traces itself shows its secrets there) and no
/// other open file, in a process group of its own, and waits for its end: a bounded time, a bounded
/// amount of output. `command` is the program, searched in PATH where it has no '/', and its
/// arguments. `io` and `clock` must outlive the call. Cancelling it leaves the program to itself.
[[nodiscard]] boost::asio::awaitable<ProcessResult> run_process(boost::asio::io_context& io,
                                                                Clock& clock,
                                                                std::vector<std::string> command,
                                                                ProcessLimits limits);

}  // namespace keyferry::io
