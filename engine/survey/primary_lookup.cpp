// SPDX-License-Identifier: Apache-2.0
#include "engine/survey/primary_lookup.hpp"

#include "engine/survey/related_regions.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace keyferry::engine {

PrimaryLookup::PrimaryLookup(const planner::Plan& plan,
                             RepeatableCalls& reads,
                             const std::vector<planner::SelectedKey>& found)
    : plan_(plan), reads_(reads), is_known_(plan.keys.size()), keys_(plan.keys.size()) {
    for (const planner::SelectedKey& one : found) {
        const auto place = std::lower_bound(
            plan.keys.begin(), plan.keys.end(), one.primary, [](const auto& key, const auto& arn) {
                return key.primary < arn;
            });
        if (place != plan.keys.end() && place->primary == one.primary) {
            is_known_[static_cast<std::size_t>(place - plan.keys.begin())] = true;
            --keys_;
        }
    }
}

boost::asio::awaitable<void> PrimaryLookup::run() {
    const std::vector<planner::PlannedKey>& keys = plan_.keys;
    for (std::uint32_t key = 0; key < keys.size(); ++key) {
        const io::KeyArn& primary = keys[key].primary;
        if (key == 0 || keys[key - 1].primary.region != primary.region ||
            keys[key - 1].primary.account != primary.account) {
            ranges_.push_back(KeyRange{key, key});
        }
        ++ranges_.back().end;
    }
    for (KeyRange& range : ranges_) {
        const io::KeyArn& first = keys[range.next].primary;
        reads_.add_source(io::AccountRegion(first.account, first.region),
                          [this, &range] { return describe_next(range); });
    }
    return reads_.run();
}

/// Describes the next key. Returns false if there is none.
bool PrimaryLookup::describe_next(KeyRange& range) {
    while (range.next < range.end && is_known_[range.next]) {
        ++range.next;
    }
    if (range.next == range.end) {
        return false;
    }
    const std::uint32_t key = range.next++;
    describe(key, plan_.keys[key].primary.region, planner::LookupStatus::not_requested);
    return true;
}

void PrimaryLookup::describe(std::uint32_t key,
                             const io::Region& region,
                             planner::LookupStatus stated_lookup) {
    const io::KeyArn arn = plan_.keys[key].primary.in(region);
    reads_.ask(
        io::AccountRegion(arn.account, arn.region),
        io::DescribeKeyRequest(arn.text()),
        [this, key, region, stated_lookup](const FinalOutcome<io::DescribeKeyResult>& outcome) {
            on_description(key, region, stated_lookup, outcome);
        });
}

/// Returns the Region of the key's first replica if `region` is the primary Region; otherwise, the
/// Region of the next replica, or nullptr after the last one.
const io::Region* PrimaryLookup::region_after(std::uint32_t key, const io::Region& region) const {
    auto job = std::lower_bound(
        plan_.jobs.begin(), plan_.jobs.end(), key, [](const planner::Job& a, std::uint32_t b) {
            return a.key < b;
        });
    if (region != plan_.keys[key].primary.region) {
        while (plan_.regions[job->region] != region) {
            ++job;
        }
        ++job;
    }
    return job != plan_.jobs.end() && job->key == key ? &plan_.regions[job->region] : nullptr;
}

void PrimaryLookup::on_description(std::uint32_t key,
                                   const io::Region& place,
                                   planner::LookupStatus stated_lookup,
                                   const FinalOutcome<io::DescribeKeyResult>& outcome) {
    const io::KeyArn& stated = plan_.keys[key].primary;
    const auto* failed = std::get_if<FinalFailure>(&outcome);
    if (failed != nullptr) {
        if (place == stated.region) {
            stated_lookup = failed->lookup;
        }
        // The primary may have moved, also if the stated Region is down or denies the call.
        if (const io::Region* next = region_after(key, place)) {
            describe(key, *next, stated_lookup);
            return;
        }
    }
    ++keys_seen_;
    planner::SelectedKey described(stated);
    described.group = plan_.keys[key].group;
    if (failed != nullptr) {
        described.lookup = stated_lookup;
        described_.push_back(std::move(described));
        return;
    }
    const io::KeyMetadata& metadata = std::get<io::DescribeKeyResult>(outcome).key_metadata;
    const std::optional<io::Region> region = primary_region(metadata, place);
    if (metadata.key_id != stated.key_id.text() || !region || !metadata.key_state ||
        !metadata.multi_region.value_or(false) ||
        (*region == stated.region && place != stated.region)) {
        return;
    }
    described.state = *metadata.key_state;
    if (*region != stated.region) {
        described.moved_from = stated.region;
        described.primary = stated.in(*region);
    } else {
        described.configuration = regions_only(*metadata.multi_region_configuration);
        if (planner::copied_parts(plan_, key).description) {
            described.description = metadata.description;
        }
    }
    described_.push_back(std::move(described));
}

}  // namespace keyferry::engine
