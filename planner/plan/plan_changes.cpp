// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/plan_changes.hpp"

#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace keyferry::planner {
namespace {

constexpr std::size_t kNamedMax = 3;

/// Counts replicas of one kind and names the first few.
class ReplicaList {
  public:
    void add(const Plan& plan, const Job& job) {
        if (count_++ < kNamedMax) {
            names_ += fmt::format("{}{} -> {}",
                                  names_.empty() ? "" : ", ",
                                  plan.keys[job.key].primary.text(),
                                  plan.regions[job.region].name());
        }
    }
    void append_to(std::string_view what, std::vector<std::string>& changes) const {
        if (count_ > 0) {
            changes.push_back(fmt::format("{} {}: {}{}",
                                          counted(count_, "replica"),
                                          what,
                                          names_,
                                          count_ > kNamedMax ? ", ..." : ""));
        }
    }

  private:
    std::size_t count_ = 0;
    std::string names_;
};

/// Compares by key and Region, the order of jobs in both plans.
int compare(const Plan& a, const Job& job_a, const Plan& b, const Job& job_b) {
    const io::KeyArn& key_a = a.keys[job_a.key].primary;
    const io::KeyArn& key_b = b.keys[job_b.key].primary;
    if (key_a != key_b) {
        return key_a < key_b ? -1 : 1;
    }
    const io::Region& region_a = a.regions[job_a.region];
    const io::Region& region_b = b.regions[job_b.region];
    return region_a == region_b ? 0 : region_a < region_b ? -1 : 1;
}

/// Returns whether both specs state the same parameters for the jobs. For a copied part, the spec
/// states only that it is copied, not its content.
bool has_same_spec(const Plan& a, const Job& job_a, const Plan& b, const Job& job_b) {
    return copied_parts(a, job_a.key) == copied_parts(b, job_b.key) &&
           request_digest(request_without_contents(a, job_a)) ==
               request_digest(request_without_contents(b, job_b));
}

}  // namespace

std::vector<std::string> plan_changes(const Plan& saved, const Plan& now, bool saved_is_whole) {
    ReplicaList removed;
    ReplicaList added;
    ReplicaList changed;
    std::size_t n = 0;
    for (const Job& job : saved.jobs) {
        while (n < now.jobs.size() && compare(now, now.jobs[n], saved, job) < 0) {
            added.add(now, now.jobs[n++]);
        }
        if (n == now.jobs.size() || compare(now, now.jobs[n], saved, job) != 0) {
            removed.add(saved, job);
            continue;
        }
        if (!has_same_spec(saved, job, now, now.jobs[n])) {
            changed.add(saved, job);
        }
        ++n;
    }
    for (; n < now.jobs.size(); ++n) {
        added.add(now, now.jobs[n]);
    }
    std::vector<std::string> changes;
    removed.append_to("in the plan but no longer in the spec", changes);
    if (saved_is_whole) {
        added.append_to("in the spec but not in the plan", changes);
    }
    changed.append_to("with a different policy, description, tags or bypass setting in the spec",
                      changes);
    return changes;
}

}  // namespace keyferry::planner
