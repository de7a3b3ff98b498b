// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace keyferry::cli {

/// Exit codes of all commands. Each has one meaning (kExitCodeMeanings).
enum ExitCode : int {
    exit_done = 0,
    exit_error = 1,
    exit_changes = 2,
    exit_usage = 3,
    exit_jobs_failed = 4,
    exit_work_left = 5,
    exit_permission = 6,
    exit_journal = 74,  ///< EX_IOERR
    exit_journal_held = 75,
    exit_interrupted = 130
};

struct ExitCodeMeaning {
    ExitCode code;
    std::string_view meaning;
};

/// The meanings of the exit codes, as `keyferry --help` lists them. The help of each command states
/// which of them it returns, and when.
inline constexpr std::array kExitCodeMeanings{
    ExitCodeMeaning{exit_done, "success"},
    ExitCodeMeaning{exit_error, "any other error"},
    ExitCodeMeaning{
        exit_changes,
        "gaps, differences or findings; a limit is exceeded; a saved plan is out of date"},
    ExitCodeMeaning{exit_usage, "invalid command line, fleet spec or saved plan"},
    ExitCodeMeaning{exit_jobs_failed,
                    "something failed, or manual action is needed before a rerun"},
    ExitCodeMeaning{exit_work_left, "incomplete: run the command again"},
    ExitCodeMeaning{exit_permission, "credentials are missing or refused, or access was denied"},
    ExitCodeMeaning{exit_journal, "a journal cannot be read or written, or is damaged"},
    ExitCodeMeaning{exit_journal_held,
                    "another process is using the journal or the simulator's state"},
    ExitCodeMeaning{exit_interrupted, "interrupted: run the command again to resume"}};

/// Combines the exit codes of two parts of a command. Each is exit_done, exit_permission,
/// exit_jobs_failed or exit_work_left. exit_work_left takes precedence, since a rerun finishes that
/// work. exit_permission is returned only if everything that was not done failed with denied
/// access.
[[nodiscard]] constexpr int combined_exit_code(int one, int other) noexcept {
    const auto weight = [](int exit_code) {
        return exit_code == exit_work_left     ? 3
               : exit_code == exit_jobs_failed ? 2
               : exit_code == exit_permission  ? 1
                                               : 0;
    };
    return weight(one) < weight(other) ? other : one;
}

}  // namespace keyferry::cli
