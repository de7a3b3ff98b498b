// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/plan_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace keyferry::planner {
namespace {

constexpr std::size_t kNamedMax = 3;

/// Counts things of one kind and names the first few.
class Named {
  public:
    void add(const Plan& plan, const Job& job) {
        if (count_++ < kNamedMax) {
            names_ += fmt::format("{}{} -> {}",
                                  names_.empty() ? "" : ", ",
                                  plan.keys[job.key].primary.text(),
                                  plan.regions[job.region].name());
        }
    }
    void tell(std::string_view what, std::vector<std::string>& changes) const {
        if (count_ > 0) {
            changes.push_back(fmt::format("{} {} {}: {}{}",
                                          count_,
                                          count_ == 1 ? "replica" : "replicas",
                                          what,
                                          names_,
                                          count_ > kNamedMax ? ", ..." : ""));
        }
    }

  private:
    std::size_t count_ = 0;
    std::string names_;
};

/// By key and Region, as both plans sort their jobs.
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

/// What is copied, a spec states only as such.
bool states_the_same(const Plan& a, const Job& job_a, const Plan& b, const Job& job_b) {
    return copied_parts(a, job_a.key) == copied_parts(b, job_b.key) &&
           request_digest(request_without_contents(a, job_a)) ==
               request_digest(request_without_contents(b, job_b));
}

}  // namespace

std::vector<std::string> plan_changes(const Plan& saved, const Plan& now, bool saved_is_whole) {
    Named gone;
    Named added;
    Named changed;
    std::size_t n = 0;
    for (const Job& job : saved.jobs) {
        while (n < now.jobs.size() && compare(now, now.jobs[n], saved, job) < 0) {
            added.add(now, now.jobs[n++]);
        }
        if (n == now.jobs.size() || compare(now, now.jobs[n], saved, job) != 0) {
            gone.add(saved, job);
            continue;
        }
        if (!states_the_same(saved, job, now, now.jobs[n])) {
            changed.add(saved, job);
        }
        ++n;
    }
    for (; n < now.jobs.size(); ++n) {
        added.add(now, now.jobs[n]);
    }
    std::vector<std::string> changes;
    gone.tell("of the plan no longer asked for by the spec", changes);
    if (saved_is_whole) {
        added.tell("asked for by the spec and not in the plan", changes);
    }
    changed.tell("with another policy, description, tags or bypass in the spec now", changes);
    return changes;
}

}  // namespace keyferry::planner
