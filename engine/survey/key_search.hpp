// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "planner/fleet/fleet_spec.hpp"
#include "planner/fleet/selected_keys.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace keyferry::engine {

struct KeySearchProgress {
    std::uint64_t keys_listed = 0;
    std::uint64_t keys_seen = 0;  ///< that DescribeKey has answered for
    std::uint64_t calls = 0;
};

/// Looks for the keys that groups of a fleet select. Per account and Region that some group looks
/// in: ListKeys, a thousand keys a page; ListAliases, a hundred a page, only where a group asks for
/// aliases; then DescribeKey for each multi-Region key (its id begins with "mrk-") that is left,
/// and ListResourceTags for each that is left after that, where a group asks for tags. KMS has no
/// call that tells more: ListKeys knows ids alone, and it takes no filter.
///
/// A key that the spec lists by name in any group is passed over: what is said of one key by name
/// goes before what is said of many. One that several groups want belongs to the first of them: to
/// refuse it would let whoever tags a key stop the next run.
class KeySearch {
  public:
    /// Pages of one list. Beyond it the list is taken for one without end.
    static constexpr std::uint32_t kPagesMax = 20'000;

    /// Both must outlive this; `reads` is used by nothing else meanwhile.
    KeySearch(const planner::FleetSpec& fleet, RepeatableCalls& reads);

    /// Until everything has been asked, or a list could not be had; see also
    /// RepeatableCalls::refusal and was_stopped.
    boost::asio::awaitable<void> run();

    [[nodiscard]] KeySearchProgress progress() const;

    /// After run().
    planner::SelectedKeys take_selected();

  private:
    /// An account and Region that is looked through.
    struct Territory {
        explicit Territory(io::AccountRegion place_) : place(std::move(place_)) {}
        io::AccountRegion place;
        std::vector<std::uint32_t> groups;  ///< that look here
        std::vector<std::string> ids;       ///< of multi-Region keys
        std::unordered_map<std::string, std::vector<std::string>> aliases;  ///< names by key id
        int lists_open = 0;
        std::size_t next_id = 0;
    };
    /// A key that some groups may want.
    struct Candidate {
        std::uint32_t territory = 0;
        std::size_t id = 0;
        std::vector<std::uint32_t> groups;
        planner::SelectedKey found;
        std::vector<io::Tag> tags;
    };

    void list_keys(std::uint32_t territory, std::optional<std::string> marker, std::uint32_t page);
    void list_aliases(std::uint32_t territory,
                      std::optional<std::string> marker,
                      std::uint32_t page);
    template <typename Result>
    std::optional<std::string> next_marker(const Territory& territory,
                                           std::string_view api,
                                           const Result& page,
                                           const std::optional<std::string>& marker,
                                           std::uint32_t number);
    void list_is_over(std::uint32_t territory);
    void fail(const Territory& territory, std::string_view api, const FinalFailure& failure);
    bool ask_for_more();
    [[nodiscard]] std::vector<std::uint32_t> groups_by_name(const Territory& territory,
                                                            const std::string& id) const;
    void describe(std::uint32_t territory, std::size_t id, std::vector<std::uint32_t> groups);
    void heard_description(Candidate candidate, const FinalOutcome<io::DescribeKeyResult>& outcome);
    void list_tags(Candidate candidate, std::optional<std::string> marker, std::uint32_t page);
    void decide(Candidate candidate);
    void not_seen(const io::KeyArn& key, planner::LookupStatus look);

    const planner::FleetSpec& fleet_;
    RepeatableCalls& reads_;
    std::vector<Territory> territories_;
    std::set<std::pair<io::AccountId, std::string>> listed_;  ///< account and key id
    planner::SelectedKeys found_;
    std::uint64_t keys_seen_ = 0;
};

}  // namespace keyferry::engine
