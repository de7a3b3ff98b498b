// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "engine/survey/content_reads.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keyferry::engine {

/// Progress of a survey.
struct SurveyProgress {
    std::uint64_t keys = 0;       ///< keys in the plan
    std::uint64_t keys_seen = 0;  ///< keys whose primaries have been looked up
    std::uint64_t calls = 0;
};

/// Selects the keys whose content is read, provided that their groups copy it.
enum class ReadContents : std::uint8_t {
    of_keys_to_replicate,  ///< keys that can be replicated and lack at least one replica
    /// All keys whose primary is in the Region specified in the plan. The resulting plan does not
    /// depend on which replicas already exist.
    of_all_keys,
    /// The same keys as of_all_keys. To find differences, the survey also reads the content of each
    /// Enabled or Disabled replica for which the spec specifies content, and the aliases of
    /// primaries whose groups copy them. This adds at most one GetKeyPolicy, one ListResourceTags
    /// and one ListAliases call per replica. If the primary's Region does not respond, the replicas
    /// are described all the same, because the spec may state what they should be.
    of_keys_and_replicas,
};

/// Uses only reads to determine which of a plan's keys and replicas exist. Sends one DescribeKey
/// call per key to the primary's Region, whose response lists all related keys. Then sends one
/// DescribeKey call for each related key in a Region of the plan, because only that Region returns
/// the replica's key state. Fewer calls are not enough: ListKeys returns neither key states nor
/// types, and DescribeKey describes only one key. The survey also uses GetKeyPolicy and
/// ListResourceTags to read the settings that the plan copies from primaries.
class Survey {
  public:
    /// `plan`, `reads` and `found` must outlive this object. `reads` must not be used for anything
    /// else until run() has completed. The primaries in `found` are not described again.
    Survey(const planner::Plan& plan,
           RepeatableCalls& reads,
           ReadContents read_contents = ReadContents::of_keys_to_replicate,
           const std::vector<planner::SelectedKey>& found = {});
    Survey(const Survey&) = delete;
    Survey& operator=(const Survey&) = delete;

    /// Completes when all lookups are done or have failed. See also RepeatableCalls::refusal and
    /// RepeatableCalls::was_stopped.
    boost::asio::awaitable<void> run();

    [[nodiscard]] SurveyProgress progress() const;

    /// Call after run().
    planner::Inventory take_inventory();

  private:
    struct RelatedKey {
        std::uint32_t key;    ///< into plan.keys
        std::uint32_t index;  ///< into InventoryKey::related
    };
    /// An account and Region to survey: the keys whose primaries are there, and the related keys
    /// that have not been described there yet.
    struct SurveyedPlace {
        std::uint32_t next_key = 0;  ///< index into plan.keys, where keys with the same account and
                                     ///< Region are adjacent
        std::uint32_t end_key = 0;
        std::deque<RelatedKey> related;
    };

    void add_places();
    SurveyedPlace& surveyed(const io::AccountRegion& place);
    bool ask_next(SurveyedPlace& place);
    void describe_primary_of(std::uint32_t key);
    void on_primary(std::uint32_t key, const FinalOutcome<io::DescribeKeyResult>& outcome);
    void use_known_primary(std::uint32_t key, const planner::SelectedKey& found);
    void take_related(std::uint32_t key, const io::MultiRegionConfiguration& configuration);
    void describe_replicas_of(std::uint32_t key);
    void add_related(std::uint32_t key, std::string_view region);
    void describe_related(const RelatedKey& related);
    bool take_primary_region(std::uint32_t key,
                             const io::KeyMetadata& metadata,
                             const std::string& region);
    void on_related(const RelatedKey& related, const FinalOutcome<io::DescribeKeyResult>& outcome);
    std::uint32_t region_number(std::string_view name);
    [[nodiscard]] std::optional<planner::JobIndex> wanted_job(std::uint32_t key,
                                                              std::string_view region) const;
    void read_contents_of(std::uint32_t key, const std::optional<std::string>& description);
    void read_replica_content(std::uint32_t key,
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
    std::vector<planner::JobIndex> first_job_;  ///< indexed by key, with one more entry at the end
    std::unordered_map<std::uint32_t, const planner::SelectedKey*>
        known_;  ///< indexed like plan.keys
    std::map<io::AccountRegion, SurveyedPlace> places_;
    std::uint64_t keys_seen_ = 0;
};

}  // namespace keyferry::engine
