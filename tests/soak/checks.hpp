// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"
#include "engine/run/progress.hpp"
#include "tests/soak/world.hpp"

namespace keyferry::soak {

/// Every job's last record against what the ledger knows of it: what is journalled as done has its
/// effect or a replica that was there before, what was made is on record, and whose it is.
void check_journal(World& world, const engine::JournalReplay& replay, io::Moment now);

/// The counts of a run that has finished: they add up to the plan, and are those of its journal.
void check_counts(World& world,
                  const engine::JournalReplay& replay,
                  const engine::Progress& progress,
                  io::Moment now);

/// No one-second window of any quota of the plan saw more than it allows, by what was sent. Lives
/// are more than two seconds apart, so no window holds calls of two.
void check_quotas(World& world, io::Moment now);

/// Jobs that a rerun could still do something about, as the world is now.
std::size_t jobs_left(const World& world, const engine::JournalReplay& replay);

}  // namespace keyferry::soak
