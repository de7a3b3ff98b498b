// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"
#include "engine/run/progress.hpp"
#include "tests/soak/world.hpp"

namespace keyferry::soak {

/// Checks every job's last record against the ledger: if the journal says that a job is done, the
/// job has created its replica or found an existing one; every created replica is recorded; and
/// every attribution is correct.
void check_journal(World& world, const engine::JournalReplay& replay, io::Moment now);

/// Checks the counts of a finished run: they add up to the number of jobs in the plan and match the
/// run's journal.
void check_counts(World& world,
                  const engine::JournalReplay& replay,
                  const engine::Progress& progress,
                  io::Moment now);

/// Checks that the calls never exceeded any of the plan's quotas in any one-second window. Each
/// process starts more than two seconds after the previous one has ended, so no window contains
/// calls of two processes.
void check_quotas(World& world, io::Moment now);

/// Checks the journal of a run that was expected to recover from all failures: every denied job has
/// failed, and every other job is done. Three kinds of jobs are exempt: jobs that wait for a fix by
/// the user, jobs that wait for another check of their replica after a long sleep, and, if there
/// has been an outage since `start`, jobs whose attempts are exhausted (World::is_exhausted).
/// Returns whether any jobs are still waiting.
bool check_complete(World& world,
                    const engine::JournalReplay& replay,
                    io::Moment start,
                    io::Moment now);

/// The number of jobs on which a rerun could still make progress in the current state of the world.
std::size_t jobs_left(const World& world, const engine::JournalReplay& replay);

}  // namespace keyferry::soak
