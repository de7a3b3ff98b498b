// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace keyferry::cli {

/// What a script can tell from the exit code. `--help` of the program lists them.
enum ExitCode : int {
    exit_done = 0,          ///< all as planned
    exit_error = 1,         ///< an error that no other code names
    exit_changes = 2,       ///< --detailed-exitcode: there is work to do
    exit_usage = 3,         ///< command line or fleet spec
    exit_jobs_failed = 4,   ///< some jobs failed or met a conflict; the rest is done
    exit_work_left = 5,     ///< deferred, still creating or unknown: a rerun would finish it
    exit_permission = 6,    ///< credentials missing or refused, access denied
    exit_journal = 74,      ///< the journal could not be written or read (EX_IOERR)
    exit_interrupted = 130  ///< stopped by a signal; a rerun resumes
};

}  // namespace keyferry::cli
