// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "planner/fleet/fleet_spec.hpp"
#include "planner/fleet/selected_keys.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace keyferry::engine {

struct KeySearchProgress {
    std::uint64_t keys_listed = 0;
    std::uint64_t keys_seen = 0;  ///< keys for which DescribeKey has returned
    std::uint64_t calls = 0;
};

/// Finds the keys that a fleet's groups select. For each account and Region that a group searches,
/// calls ListKeys (1,000 keys per page), and also ListAliases (100 aliases per page) if a group
/// selects keys by alias. Then calls DescribeKey for each multi-Region key that may match (its ID
/// begins with "mrk-"). If a group selects keys by tag, finally calls ListResourceTags for each key
/// that may still match. There is no cheaper way, because ListKeys returns only IDs and ARNs and
/// does not support filters.
///
/// If any group in the spec lists a key by ID, the key is skipped, because listing a key takes
/// precedence over selecting it. If several groups select a key, it belongs to the first of them.
/// This is not an error; otherwise, anyone who can tag a key could block the next run.
///
/// Every related key identifies the primary, so a key is also found after its primary has moved to
/// another of the group's Regions. If another group has its primaries in that Region and also
/// selects the key, the key belongs to that group. If the primary has moved to any other Region,
/// the key might never have belonged to the fleet, so it is only reported
/// (SelectedKeys::elsewhere).
class KeySearch {
  public:
    /// Maximum number of pages of one list. A longer list is treated as endless.
    static constexpr std::uint32_t kPagesMax = 20'000;

    /// Both arguments must outlive this object. `reads` must not be used for anything else until
    /// run() has completed.
    KeySearch(const planner::FleetSpec& fleet, RepeatableCalls& reads);

    /// Completes when all lookups are done or a list could not be read. Skips accounts whose
    /// credentials are missing or rejected (SelectedKeys::refused_accounts). See also
    /// RepeatableCalls::refusal and RepeatableCalls::was_stopped.
    boost::asio::awaitable<void> run();

    [[nodiscard]] KeySearchProgress progress() const;

    /// Call after run().
    planner::SelectedKeys take_selected();

  private:
    /// An account and Region to search.
    struct SearchedRegion {
        explicit SearchedRegion(io::AccountRegion place_) : place(std::move(place_)) {}
        io::AccountRegion place;
        std::vector<std::uint32_t> groups;  ///< groups that search this Region
        std::vector<std::string> ids;       ///< IDs of multi-Region keys
        std::unordered_map<std::string, std::vector<std::string>> aliases;  ///< alias names by key
                                                                            ///< ID
        int lists_open = 0;
        std::size_t next_id = 0;
    };
    /// A key that some groups may select.
    struct Candidate {
        std::uint32_t searched = 0;
        std::size_t id = 0;
        std::vector<std::uint32_t> groups;
        planner::SelectedKey found;
        std::optional<io::Region> primary_region;  ///< set once the key has been described
        std::vector<io::Tag> tags;
    };

    void list_keys(std::uint32_t number, std::optional<std::string> marker, std::uint32_t page);
    void list_aliases(std::uint32_t number, std::optional<std::string> marker, std::uint32_t page);
    template <typename Result>
    std::optional<std::string> next_marker(const SearchedRegion& searched,
                                           std::string_view api,
                                           const Result& page,
                                           const std::optional<std::string>& marker,
                                           std::uint32_t number);
    void finish_list(std::uint32_t number);
    void fail(const SearchedRegion& searched, std::string_view api, const FinalFailure& failure);
    bool describe_next(std::uint32_t number);
    [[nodiscard]] std::vector<std::uint32_t> groups_by_name(const SearchedRegion& searched,
                                                            const std::string& id) const;
    void describe(std::uint32_t number, std::size_t id, std::vector<std::uint32_t> groups);
    void on_description(Candidate candidate, const FinalOutcome<io::DescribeKeyResult>& outcome);
    void list_tags(Candidate candidate, std::optional<std::string> marker, std::uint32_t page);
    void decide(Candidate candidate);
    void assign_to_one_group();
    void not_seen(const io::KeyArn& key, planner::LookupStatus status);

    const planner::FleetSpec& fleet_;
    RepeatableCalls& reads_;
    std::vector<SearchedRegion> searched_;
    std::set<std::pair<io::AccountId, std::string>> listed_;  ///< account and key ID
    planner::SelectedKeys found_;
    std::uint64_t keys_seen_ = 0;
};

}  // namespace keyferry::engine
