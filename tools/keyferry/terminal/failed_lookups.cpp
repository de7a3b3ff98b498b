#include "tools/keyferry/terminal/failed_lookups.hpp"

#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace keyferry {

namespace {

/// How many replicas of the plan a look has failed at, by how: they may be there or not, or be as
/// the spec says or not.
struct FailedLooks {
    std::size_t denied = 0;
    std::size_t unanswered = 0;

    void count(Look look) {
        denied += look == Look::denied ? 1 : 0;
        unanswered += look == Look::unanswered || look == Look::unreadable ? 1 : 0;
    }
};

/// Replicas that the primary lists, and their own Region would not tell of.
FailedLooks failed_looks_at_replicas(const Inventory& inventory) {
    FailedLooks failed;
    for (const SeenKey& key : inventory.keys) {
        for (const SeenReplica& replica : key.related) {
            failed.count(replica.look);
        }
    }
    return failed;
}

/// What of --drift could not be compared, besides replicas that could not be looked at at all.
FailedLooks failed_comparisons(const Plan& plan, const Inventory& inventory) {
    FailedLooks failed;
    for (const auto& [job, replica] : inventory.replicas) {
        const SeenKey& primary = inventory.keys[plan.jobs[job].key];
        failed.count(std::max({replica.worst, primary.policy, primary.tags, primary.aliases}));
    }
    for (const SeenKey& key : inventory.keys) {
        failed.count(key.look);
    }
    return failed;
}

}  // namespace

int tell_failed_looks(const Plan& plan, const Inventory& inventory, bool compares) {
    const auto silent =
        std::count_if(inventory.keys.begin(), inventory.keys.end(), [](const SeenKey& key) {
            return key.look == Look::unanswered || key.policy == Look::unanswered ||
                   key.tags == Look::unanswered;
        });
    if (silent > 0) {
        print_note(fmt::format(
            "KMS gave no answer about {} of {} keys; plan again", silent, plan.keys.size()));
    }
    const FailedLooks at_replicas = failed_looks_at_replicas(inventory);
    if (at_replicas.unanswered > 0) {
        print_note(fmt::format("KMS gave no answer about {} replicas; plan again",
                               at_replicas.unanswered));
    }
    int exit_code = silent > 0 || at_replicas.unanswered > 0 ? exit_error : exit_done;
    if (!compares) {
        return exit_code;
    }
    const FailedLooks compared = failed_comparisons(plan, inventory);
    const std::size_t denied = at_replicas.denied + compared.denied;
    const std::size_t unanswered = at_replicas.unanswered + compared.unanswered;
    if (denied + unanswered > 0) {
        print_note(fmt::format(
            "WARNING: {} replicas or primaries could not be compared ({} denied, {} without an "
            "answer): what --drift says is not all; 'keyferry permissions --drift' shows what the "
            "caller needs",
            denied + unanswered,
            denied,
            unanswered));
        exit_code = unanswered > 0 || exit_code != exit_done ? exit_error : exit_permission;
    }
    return exit_code;
}

}  // namespace keyferry
