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

/// Counts the keys that accounts have in Regions, whoever made them: ListKeys, a thousand a page.
/// KMS has no call that counts; 100,000 keys take 100 calls.
class KeyCount {
  public:
    /// Pages of one list. Beyond it the list is taken for one without end.
    static constexpr std::uint32_t kPagesMax = 20'000;

    /// `calls` must outlive this, and this the calls that it asks for.
    explicit KeyCount(RepeatableCalls& calls) : calls_(calls) {}

    /// Asks for the first page of each place; calls.run() does the rest.
    void ask(const std::vector<io::AccountRegion>& places);

    /// After that: those of the places whose lists came to their ends. The others are left out.
    [[nodiscard]] const std::map<io::AccountRegion, std::uint64_t>& keys() const noexcept {
        return keys_;
    }
    /// Why the first of the others is left out, for people; empty where there is none.
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
