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
    exit_work_left = 5,      ///< jobs are deferred, creating or unknown; a rerun finishes them
    exit_permission = 6,     ///< credentials missing or refused, access denied
    exit_journal = 74,       ///< the journal cannot be read or written (EX_IOERR)
    exit_journal_held = 75,  ///< another process holds the journal (EX_TEMPFAIL)
    exit_interrupted = 130   ///< stopped by a signal; a rerun resumes
};

}  // namespace keyferry::cli
