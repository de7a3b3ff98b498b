#pragma once

#include "engine/read_calls.hpp"
#include "planner/found_keys.hpp"
#include "planner/inventory.hpp"
#include "planner/plan.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keyferry {

/// How far a survey has come.
struct SurveyProgress {
    std::uint64_t keys = 0;       ///< of the plan
    std::uint64_t keys_seen = 0;  ///< whose primaries have been asked for
    std::uint64_t calls = 0;
};

/// The read-only look at KMS: what exists of a plan. One DescribeKey for each key in the Region of
/// its primary, whose answer lists all related keys, and one for each of those in a Region that the
/// plan wants, since only its own Region knows its state. Fewer calls cannot tell: ListKeys knows
/// neither states nor types, and an answer holds one key.
class Survey {
  public:
    /// All arguments must outlive this; `reads` is used by nothing else meanwhile. The
    /// primaries of `found` are not asked for again. Calls that were made before are counted too.
    Survey(const Plan& plan, ReadCalls& reads, const std::vector<FoundKey>& found = {});

    /// Until everything has been asked or cannot be; see ReadCalls::refusal and was_stopped.
    boost::asio::awaitable<void> run();

    SurveyProgress progress() const;

    /// After run().
    Inventory take_inventory();

  private:
    bool ask_for_more();
    void ask_primary(std::uint32_t key);
    void heard_primary(std::uint32_t key, const ReadOutcome<DescribeKeyResult>& outcome);
    void know_primary(std::uint32_t key, const FoundKey& found);
    void take_related(std::uint32_t key, const MultiRegionConfiguration& configuration);
    void ask_replica(std::uint32_t key, std::uint32_t place, const Region& region);
    void heard_replica(std::uint32_t key,
                       std::uint32_t place,
                       const ReadOutcome<DescribeKeyResult>& outcome);
    std::uint32_t region_number(std::string_view name);
    const Region* wanted_region(std::uint32_t key, std::string_view name) const;

    const Plan& plan_;
    ReadCalls& reads_;
    Inventory inventory_;
    std::map<std::string, std::uint32_t, std::less<>> region_numbers_;
    std::vector<JobIndex> first_job_;  ///< by key, and one more behind the last
    std::unordered_map<std::uint32_t, const FoundKey*> known_;  ///< by index into plan.keys
    std::uint32_t next_key_ = 0;
    std::uint64_t keys_seen_ = 0;
};

}  // namespace keyferry
