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

/// Maps the jobs of a journal to their names: the primary's ARN and the replica's Region.
///
/// The jobs of a plan are sorted by name, so in one journal a higher job number has a later name,
/// and each number has exactly one name. Records of another fleet's journal, which may be in the
/// file because of a reused block, violate this as soon as their numbers overlap.
///
/// Uses about 28 bytes per named job.
class JobNameIndex {
  public:
    /// Records the name that `record` gives its job.
    void note(const JournalJobRecord& record);

    /// Returns whether the names noted since the last call can belong to the same plan as the
    /// accepted names. If so they are accepted, otherwise discarded.
    bool take_noted();

    /// Accepts those of the noted names that can belong to the plan. Only for names that are known
    /// to be from the right journal.
    void take_noted_that_fit();

  private:
    /// The primary's account and Region and the replica's Region, as indices into places_ and
    /// regions_, and the key ID without "mrk-".
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
    /// Region and account of a primary.
    using PrimaryLocation = std::pair<std::string, std::string>;

    bool read_name(const JournalJobRecord& record, Name& name);
    [[nodiscard]] bool is_before(const Name& a, const Name& b) const;
    [[nodiscard]] bool may_follow(const NamedJob& a, const NamedJob& b) const;
    [[nodiscard]] bool fits(const NamedJobs& taken, const NamedJob& job) const;
    void sort_noted();
    void add_noted();

    std::vector<PrimaryLocation> places_;
    std::map<PrimaryLocation, std::uint32_t, std::less<>> index_of_place_;
    std::vector<std::string> regions_;
    NamedJobs noted_;
    std::size_t sort_noted_at_ = kSortNotedMin;
    bool noted_no_name_ = false;
    /// Each list is at least twice as long as the next, so that adding names moves few entries.
    std::vector<NamedJobs> taken_;

    static constexpr std::size_t kSortNotedMin = 1U << 20U;
};

}  // namespace keyferry::engine
