// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "engine/survey/content_reads.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keyferry::engine {

/// How far a survey has come.
struct SurveyProgress {
    std::uint64_t keys = 0;       ///< of the plan
    std::uint64_t keys_seen = 0;  ///< whose primaries have been asked for
    std::uint64_t calls = 0;
};

/// Of which keys a survey reads what their groups copy. Where nothing is copied, both read nothing.
enum class ReadContents : std::uint8_t {
    of_keys_to_replicate,  ///< those that can be replicated and lack a replica
    /// All that have their primary where the plan says: for a plan that must be the same whichever
    /// of its replicas are there by now.
    of_all_keys,
    /// Of all, and of each Enabled replica what the spec says something of, to find out what
    /// differs: a GetKeyPolicy, a ListResourceTags and a ListAliases more for each at most; and
    /// the aliases of primaries whose groups copy them.
    of_keys_and_replicas,
};

/// The read-only look at KMS: what exists of a plan. One DescribeKey for each key in the Region of
/// its primary, whose answer lists all related keys, and one for each of those in a Region that the
/// plan wants, since only its own Region knows its state. Fewer calls cannot tell: ListKeys knows
/// neither states nor types, and an answer holds one key. And what the plan copies: GetKeyPolicy
/// and ListResourceTags of a primary.
class Survey {
  public:
    /// `plan`, `reads` and `found` must outlive this; `reads` is used by nothing else meanwhile.
    /// The primaries of `found` are not asked for again.
    Survey(const planner::Plan& plan,
           RepeatableCalls& reads,
           ReadContents read_contents = ReadContents::of_keys_to_replicate,
           const std::vector<planner::SelectedKey>& found = {});
    Survey(const Survey&) = delete;
    Survey& operator=(const Survey&) = delete;

    /// Until everything has been asked or cannot be; see RepeatableCalls::refusal and was_stopped.
    boost::asio::awaitable<void> run();

    [[nodiscard]] SurveyProgress progress() const;

    /// After run().
    planner::Inventory take_inventory();

  private:
    bool ask_for_more();
    void ask_primary(std::uint32_t key);
    void heard_primary(std::uint32_t key, const FinalOutcome<io::DescribeKeyResult>& outcome);
    void know_primary(std::uint32_t key, const planner::SelectedKey& found);
    void take_related(std::uint32_t key, const io::MultiRegionConfiguration& configuration);
    void ask_replica(std::uint32_t key, std::uint32_t place, const io::Region& region);
    void heard_replica(std::uint32_t key,
                       std::uint32_t place,
                       const FinalOutcome<io::DescribeKeyResult>& outcome);
    std::uint32_t region_number(std::string_view name);
    [[nodiscard]] std::optional<planner::JobIndex> wanted_job(std::uint32_t key,
                                                              std::string_view region) const;
    void ask_contents(std::uint32_t key, const std::optional<std::string>& description);
    void ask_replica_content(std::uint32_t key,
                             std::uint32_t region,
                             const std::optional<std::string>& description);
    [[nodiscard]] bool is_content_wanted(std::uint32_t key) const;
    [[nodiscard]] bool is_primary_here(std::uint32_t key) const;
    [[nodiscard]] bool lacks_replica(std::uint32_t key) const;

    const planner::Plan& plan_;
    RepeatableCalls& reads_;
    ReadContents read_contents_;
    planner::Inventory inventory_;
    ContentReads contents_{reads_};
    std::map<std::string, std::uint32_t, std::less<>> region_numbers_;
    std::vector<planner::JobIndex> first_job_;  ///< by key, and one more behind the last
    std::unordered_map<std::uint32_t, const planner::SelectedKey*>
        known_;  ///< by index into plan.keys
    std::uint32_t next_key_ = 0;
    std::uint64_t keys_seen_ = 0;
};

}  // namespace keyferry::engine
