// SPDX-License-Identifier: Apache-2.0
#include "planner/fleet/moved_primaries.hpp"

#include "planner/plan/plan_identity.hpp"
#include "planner/text/glob.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

namespace keyferry::planner {

namespace {

void sort_and_deduplicate(std::vector<io::Region>& regions) {
    std::sort(regions.begin(), regions.end());
    regions.erase(std::unique(regions.begin(), regions.end()), regions.end());
}

std::uint32_t index_of(const std::vector<io::Region>& sorted, const io::Region& region) {
    const auto place = std::lower_bound(sorted.begin(), sorted.end(), region);
    return static_cast<std::uint32_t>(place - sorted.begin());
}

/// Moves the primaries of one plan, which changes the indexes of its keys and Regions.
class PrimaryMover {
  public:
    explicit PrimaryMover(Plan& plan) : plan_(plan) {}

    /// Returns whether the plan contains the key.
    bool add(const MovedPrimary& moved) {
        const auto key = std::lower_bound(
            plan_.keys.begin(), plan_.keys.end(), moved.stated, [](const auto& a, const auto& arn) {
                return a.primary < arn;
            });
        if (key == plan_.keys.end() || key->primary != moved.stated) {
            return false;
        }
        moved_.insert_or_assign(static_cast<std::uint32_t>(key - plan_.keys.begin()), moved.region);
        return true;
    }

    void move() {
        list_regions();
        sort_keys();
        std::vector<Job> jobs;
        jobs.reserve(plan_.jobs.size());
        std::vector<JobIndex> first(order_.size() + 1, 0);
        for (const Job& job : plan_.jobs) {
            ++first[job.key + 1];
        }
        std::partial_sum(first.begin(), first.end(), first.begin());
        for (std::uint32_t key = 0; key < order_.size(); ++key) {
            const std::uint32_t before = order_[key];
            const auto begin = plan_.jobs.begin() + first[before];
            const auto end = plan_.jobs.begin() + first[before + 1];
            if (const auto moved = moved_.find(before); moved != moved_.end()) {
                std::vector<io::Region> replicas;
                std::transform(begin, end, std::back_inserter(replicas), [&](const Job& job) {
                    return plan_.regions[job.region];
                });
                const std::vector<io::Region> wanted = wanted_regions(
                    replicas, {plan_.keys[before].primary.region}, plan_.allowed_regions);
                for (const io::Region& region : replica_regions(wanted, moved->second)) {
                    jobs.push_back(Job{key, index_of(regions_, region)});
                }
            } else {
                for (auto job = begin; job != end; ++job) {
                    jobs.push_back(Job{key, index_of(regions_, plan_.regions[job->region])});
                }
            }
        }
        plan_.jobs = std::move(jobs);
        move_keys();
        plan_.regions = std::move(regions_);
        remove_unused_regions();
        plan_.sha256 = plan_sha256(plan_);
    }

  private:
    /// All Regions that may have replicas.
    void list_regions() {
        regions_ = plan_.regions;
        for (const auto& [key, region] : moved_) {
            regions_.push_back(plan_.keys[key].primary.region);
        }
        sort_and_deduplicate(regions_);
    }

    /// Determines the new order of the keys.
    void sort_keys() {
        const auto primary_of = [&](std::uint32_t key) {
            const auto moved = moved_.find(key);
            const io::KeyArn& stated = plan_.keys[key].primary;
            return std::tie(moved == moved_.end() ? stated.region : moved->second,
                            stated.account,
                            stated.key_id);
        };
        order_.resize(plan_.keys.size());
        std::iota(order_.begin(), order_.end(), 0U);
        std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
            return primary_of(a) < primary_of(b);
        });
    }

    void move_keys() {
        std::vector<PlannedKey> keys;
        keys.reserve(order_.size());
        KeyContents contents;
        std::map<std::uint32_t, io::Region> moved_from;
        for (std::uint32_t key = 0; key < order_.size(); ++key) {
            const std::uint32_t before = order_[key];
            keys.push_back(std::move(plan_.keys[before]));
            if (const auto content = plan_.contents.find(before); content != plan_.contents.end()) {
                contents.emplace(key, std::move(content->second));
            }
            const auto stated = plan_.moved_from.find(before);
            const auto moved = moved_.find(before);
            io::Region& region = keys.back().primary.region;
            if (stated != plan_.moved_from.end()) {
                moved_from.emplace(key, stated->second);
            } else if (moved != moved_.end() && region != moved->second) {
                moved_from.emplace(key, region);
            }
            if (moved != moved_.end()) {
                region = moved->second;
            }
        }
        plan_.keys = std::move(keys);
        plan_.contents = std::move(contents);
        plan_.moved_from = std::move(moved_from);
    }

    void remove_unused_regions() {
        std::vector<bool> is_used(plan_.regions.size());
        for (const Job& job : plan_.jobs) {
            is_used[job.region] = true;
        }
        std::vector<std::uint32_t> new_index(plan_.regions.size());
        std::vector<io::Region> used;
        for (std::size_t region = 0; region < is_used.size(); ++region) {
            new_index[region] = static_cast<std::uint32_t>(used.size());
            if (is_used[region]) {
                used.push_back(std::move(plan_.regions[region]));
            }
        }
        plan_.regions = std::move(used);
        for (Job& job : plan_.jobs) {
            job.region = new_index[job.region];
        }
    }

    Plan& plan_;
    std::map<std::uint32_t, io::Region> moved_;  ///< the new Regions, by index before the move
    std::vector<std::uint32_t> order_;           ///< each key's index before the move
    std::vector<io::Region> regions_;
};

}  // namespace

std::vector<io::Region> wanted_regions(const std::vector<io::Region>& replicate_to,
                                       const std::vector<io::Region>& primaries,
                                       const std::vector<std::string>& allowed) {
    std::vector<io::Region> wanted = replicate_to;
    std::copy_if(primaries.begin(),
                 primaries.end(),
                 std::back_inserter(wanted),
                 [&](const io::Region& region) {
                     return allowed.empty() || matches_any_glob(region.name(), allowed);
                 });
    sort_and_deduplicate(wanted);
    return wanted;
}

std::vector<io::Region> replica_regions(std::vector<io::Region> wanted, const io::Region& primary) {
    std::erase(wanted, primary);
    return wanted;
}

std::vector<MovedPrimary> moved_primaries(const std::vector<SelectedKey>& described) {
    std::vector<MovedPrimary> moved;
    for (const SelectedKey& key : described) {
        if (key.moved_from) {
            moved.push_back(MovedPrimary{key.primary.in(*key.moved_from), key.primary.region});
        }
    }
    return moved;
}

std::vector<MovedPrimary> moved_primaries(const Plan& plan) {
    std::vector<MovedPrimary> moved;
    for (const auto& [key, stated] : plan.moved_from) {
        moved.push_back(MovedPrimary{stated_arn(plan, key), plan.keys[key].primary.region});
    }
    return moved;
}

void move_primaries(Plan& plan, const std::vector<MovedPrimary>& moved) {
    PrimaryMover mover(plan);
    bool is_any = false;
    for (const MovedPrimary& key : moved) {
        is_any = mover.add(key) || is_any;
    }
    if (is_any) {
        mover.move();
    }
}

}  // namespace keyferry::planner
