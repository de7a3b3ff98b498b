// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/binding.hpp"

#include <boost/algorithm/string/join.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <vector>

namespace keyferry::engine {

namespace {

/// Maximum number of differences between two plans that a message lists.
constexpr std::size_t kDifferencesMax = 8;

std::uint64_t jobs_to(const JournalHeader& header, const std::string& region) {
    for (const auto& [name, jobs] : header.regions) {
        if (name == region) {
            return jobs;
        }
    }
    return 0;
}

std::string count_text(std::uint64_t jobs, std::string_view none) {
    return jobs == 0 ? std::string(none) : std::to_string(jobs);
}

/// Describes differences in Regions, accounts and job counts, so that the user recognizes the edit.
void compare_places(const JournalHeader& ours,
                    const JournalHeader& theirs,
                    std::vector<std::string>& differences) {
    std::set<std::string> regions;
    for (const JournalHeader* header : {&ours, &theirs}) {
        for (const auto& [name, jobs] : header->regions) {
            regions.insert(name);
        }
    }
    for (const std::string& region : regions) {
        const std::uint64_t our_jobs = jobs_to(ours, region);
        const std::uint64_t their_jobs = jobs_to(theirs, region);
        if (our_jobs != their_jobs && differences.size() < kDifferencesMax) {
            differences.push_back(fmt::format("it has {} jobs for {}, this plan has {}",
                                              count_text(their_jobs, "no"),
                                              region,
                                              count_text(our_jobs, "none")));
        }
    }
    if (ours.accounts != theirs.accounts) {
        differences.push_back(fmt::format("its account is {}, this plan's is {}",
                                          boost::algorithm::join(theirs.accounts, ", "),
                                          boost::algorithm::join(ours.accounts, ", ")));
    }
}

}  // namespace

std::optional<JournalProblem> check_binding(const JournalHeader& ours,
                                            const JournalHeader& theirs,
                                            const std::string& name) {
    std::vector<std::string> differences;
    if (ours.simulated != theirs.simulated) {
        differences.push_back(theirs.simulated ? "it is from a simulated run, this one is real"
                                               : "it is from a real run, this one is simulated");
    }
    if (ours.jobs != theirs.jobs) {
        differences.push_back(
            fmt::format("it has {} jobs, this plan has {}", theirs.jobs, ours.jobs));
    }
    if (ours.plan_sha256 != theirs.plan_sha256) {
        const std::size_t before = differences.size();
        compare_places(ours, theirs, differences);
        if (differences.size() == before && ours.jobs == theirs.jobs) {
            differences.push_back(
                "it has the same number of jobs for each Region, but different keys or "
                "parameters (policy, description, tags, bypass)");
        }
        differences.push_back(fmt::format(
            "its plan is {:.16}..., this one is {:.16}...", theirs.plan_sha256, ours.plan_sha256));
    }
    if (differences.empty()) {
        if (theirs.version > kJournalVersion) {
            return JournalProblem(
                JournalProblem::Kind::newer_version,
                fmt::format("journal {} has format version {}; this program writes {}. Use the "
                            "version of keyferry that created it.",
                            name,
                            theirs.version,
                            kJournalVersion));
        }
        return std::nullopt;
    }
    return JournalProblem(
        JournalProblem::Kind::other_plan,
        fmt::format("journal {} belongs to another plan (fleet \"{}\"): {}. If the "
                    "fleet has changed since, continue with --replan; otherwise specify another "
                    "file with --journal.",
                    name,
                    theirs.fleet,
                    // Not fmt::join: g++ 12.2 sees an overflow in fmt 9's parsing of it.
                    boost::algorithm::join(differences, "; ")));
}

}  // namespace keyferry::engine
