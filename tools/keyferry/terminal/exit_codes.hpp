// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace keyferry::cli {

/// Exit codes of all commands. `keyferry --help` lists them.
enum ExitCode : int {
    exit_done = 0,     ///< success
    exit_error = 1,    ///< any other error
    exit_changes = 2,  ///< changes pending (--detailed-exitcode), or the saved plan is out of date
    exit_usage = 3,    ///< invalid command line or fleet spec
    exit_jobs_failed = 4,    ///< some jobs failed or need action; the others are done
    exit_work_left = 5,      ///< jobs are deferred, in creation or unknown; a rerun finishes them
    exit_permission = 6,     ///< credentials missing or refused, access denied
    exit_journal = 74,       ///< the journal cannot be read or written (EX_IOERR)
    exit_journal_held = 75,  ///< another process holds the journal or the simulator's state
    exit_interrupted = 130   ///< stopped by a signal; a rerun resumes
};

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
