// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "io/names/account_region.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// Counts all keys in accounts and Regions, including keys created by other programs. Uses ListKeys
/// (1,000 keys per page), because KMS has no API that returns a count. Counting 100,000 keys takes
/// 100 calls.
class KeyCount {
  public:
    /// Maximum number of pages in a list. A longer list is considered endless.
    static constexpr std::uint32_t kPagesMax = 20'000;

    /// `calls` must outlive this object, which must outlive the calls that it starts.
    explicit KeyCount(RepeatableCalls& calls) : calls_(calls) {}

    /// Requests the first page of each list. Call calls.run() afterwards to read the lists.
    void ask(const std::vector<io::AccountRegion>& places);

    /// The number of keys in each list that was read completely. Valid after calls.run().
    [[nodiscard]] const std::map<io::AccountRegion, std::uint64_t>& keys() const noexcept {
        return keys_;
    }
    /// A message for the user: why the first incomplete list could not be read; empty if all lists
    /// were read.
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

  private:
    void list(const io::AccountRegion& place,
              std::optional<std::string> marker,
              std::uint32_t page,
              std::uint64_t before);
    void fail(const io::AccountRegion& place, const std::string& why);

    RepeatableCalls& calls_;
    std::map<io::AccountRegion, std::uint64_t> keys_;
    std::string failure_;
};

}  // namespace keyferry::engine
