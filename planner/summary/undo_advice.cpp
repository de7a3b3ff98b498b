// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/undo_advice.hpp"

#include "planner/text/text_table.hpp"

#include <fmt/format.h>

namespace keyferry::planner {

std::vector<std::string> undo_advice(const ActionCounts& actions) {
    std::vector<std::string> advice;
    const std::uint64_t creates = actions.of(JobAction::create);
    const std::uint64_t differing = actions.of(JobAction::sync);
    if (creates == 0) {
        advice.emplace_back("A run of this plan creates nothing, so there is nothing to undo.");
    } else {
        advice.push_back(fmt::format(
            "A run creates up to {} and changes no other key. To undo it, delete the replicas that "
            "it created (the journal lists them): call ScheduleKeyDeletion for each replica in its "
            "Region. KMS deletes a replica after a waiting period of 7 to 30 days, in which it "
            "cannot be used and CancelKeyDeletion can still save it. Deleting a replica does not "
            "affect its primary or other replicas.",
            counted(creates, "replica")));
        advice.emplace_back(
            "A primary cannot be deleted while it has replicas: the waiting period of its own "
            "deletion starts only when the last replica is deleted.");
    }
    if (differing > 0) {
        advice.push_back(fmt::format(
            "A run does not change the {} from the spec; keyferry sync does. To restore the values "
            "from before a sync: keyferry sync --undo JOURNAL, with the journal of the sync.",
            counted(differing, "replica that differs", "replicas that differ")));
    }
    return advice;
}

}  // namespace keyferry::planner
