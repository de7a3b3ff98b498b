// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace keyferry::engine {

/// Finds the primaries of a plan's keys. Sends one DescribeKey call per key to the primary's Region
/// according to the spec. If the primary has moved, the response still identifies it, because every
/// related key does. If the key does not exist in that Region, or KMS denies the call or does not
/// respond, tries the Regions of its replicas one at a time. A Survey need not describe the keys
/// again, except those whose primaries have moved.
class PrimaryLookup {
  public:
    /// Skips the keys in `found`, which the key search has already described. `plan` and `reads`
    /// must outlive this object. `reads` must not be used for anything else until run() has
    /// completed.
    PrimaryLookup(const planner::Plan& plan,
                  RepeatableCalls& reads,
                  const std::vector<planner::SelectedKey>& found);

    /// Completes when all lookups are done or have failed. See also RepeatableCalls::refusal and
    /// RepeatableCalls::was_stopped.
    boost::asio::awaitable<void> run();

    [[nodiscard]] std::size_t keys() const noexcept { return keys_; }
    [[nodiscard]] std::size_t keys_seen() const noexcept { return keys_seen_; }

    /// Returns the keys, including those that could not be described. Omits keys for which KMS
    /// returned an invalid response. Call after run().
    std::vector<planner::SelectedKey> take_described() { return std::move(described_); }

  private:
    /// The keys whose primaries are in the same account and Region.
    struct KeyRange {
        std::uint32_t next = 0;  ///< index into plan.keys, in which the keys of one account and
                                 ///< Region are adjacent
        std::uint32_t end = 0;
    };

    bool describe_next(KeyRange& range);
    /// `stated_lookup` is the result of the lookup in the primary's stated Region, or
    /// not_requested.
    void describe(std::uint32_t key, const io::Region& region, planner::LookupStatus stated_lookup);
    [[nodiscard]] const io::Region* region_after(std::uint32_t key, const io::Region& region) const;
    void on_description(std::uint32_t key,
                        const io::Region& place,
                        planner::LookupStatus stated_lookup,
                        const FinalOutcome<io::DescribeKeyResult>& outcome);

    const planner::Plan& plan_;
    RepeatableCalls& reads_;
    std::vector<bool> is_known_;  ///< indexed like plan.keys
    std::vector<KeyRange> ranges_;
    std::vector<planner::SelectedKey> described_;
    std::size_t keys_ = 0;
    std::size_t keys_seen_ = 0;
};

}  // namespace keyferry::engine
