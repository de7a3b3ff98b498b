// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::engine {

/// Which job of a journal has which name: the primary's ARN and the replica's Region.
///
/// A plan's jobs are sorted by name, so over all records of one journal a higher number has a later
/// name, and a number has one name only. Records of another fleet's journal, which a freed block
/// may have left in the file, break that as soon as their numbers lie among ours.
///
/// Some 28 bytes a job that has a name.
class JobNames {
  public:
    /// Takes note of the name that `record` gives its job.
    void note(const JournalJobRecord& record);

    /// Whether the names noted since the last call can be of one plan with those taken before.
    /// They are taken if so, and forgotten otherwise.
    bool take_noted();

    /// Takes those of the noted names that can be of one plan, where it is known that they are of
    /// the right one.
    void take_noted_that_fit();

  private:
    /// The primary's Region and account, and the replica's Region, as places in places_ and
    /// regions_; the key's id without its "mrk-".
    struct Name {
        std::uint32_t place = 0;
        std::uint32_t region = 0;
        std::array<std::uint8_t, 16> id{};
        friend bool operator==(const Name&, const Name&) = default;
    };
    struct NamedJob {
        planner::JobIndex job = 0;
        Name name;
        friend bool operator==(const NamedJob&, const NamedJob&) = default;
    };
    using NamedJobs = std::vector<NamedJob>;  ///< sorted by job
    using AccountRegion = std::pair<std::string, std::string>;

    bool read_name(const JournalJobRecord& record, Name& name);
    [[nodiscard]] bool is_before(const Name& a, const Name& b) const;
    [[nodiscard]] bool may_follow(const NamedJob& a, const NamedJob& b) const;
    [[nodiscard]] bool fits(const NamedJobs& taken, const NamedJob& job) const;
    void sort_noted();
    void add_noted();

    std::vector<AccountRegion> places_;
    std::map<AccountRegion, std::uint32_t, std::less<>> index_of_place_;
    std::vector<std::string> regions_;
    NamedJobs noted_;
    std::size_t sort_noted_at_ = kSortNotedMin;
    bool noted_no_name_ = false;
    /// Each at least twice as long as the next, so that little is moved for a small addition.
    std::vector<NamedJobs> taken_;

    static constexpr std::size_t kSortNotedMin = 1U << 20U;
};

}  // namespace keyferry::engine
