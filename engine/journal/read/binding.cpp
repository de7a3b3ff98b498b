// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/binding.hpp"

#include <boost/algorithm/string/join.hpp>

#include <fmt/format.h>

#include <algorithm>
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

/// Describes the differences in Regions, accounts and job counts, so that the user can tell which
/// edit caused them.
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
            differences.push_back(fmt::format("it has {} jobs for {}, but this plan has {}",
                                              count_text(their_jobs, "no"),
                                              region,
                                              count_text(our_jobs, "none")));
        }
    }
    if (ours.accounts != theirs.accounts) {
        differences.push_back(fmt::format("its account is {}, but this plan's account is {}",
                                          boost::algorithm::join(theirs.accounts, ", "),
                                          boost::algorithm::join(ours.accounts, ", ")));
    }
}

std::string endpoint_text(const JournalAccess& access) {
    return access.endpoint == JournalAccess::Endpoint::custom ? access.origin
                                                              : "AWS's own endpoints";
}

void compare_callers(const JournalAccess& ours,
                     const JournalAccess& theirs,
                     std::vector<std::string>& differences) {
    for (const JournalAccess::Caller& caller : ours.callers) {
        const auto same_account = [&](const JournalAccess::Caller& other) {
            return other.account == caller.account;
        };
        const auto other = std::find_if(theirs.callers.begin(), theirs.callers.end(), same_account);
        if (other != theirs.callers.end() && !other->arn.empty() && !caller.arn.empty() &&
            other->arn != caller.arn && differences.size() < kDifferencesMax) {
            differences.push_back(
                fmt::format("its runs called KMS as {} in account {}, but this run uses {}",
                            other->arn,
                            caller.account,
                            caller.arn));
        }
    }
}

/// "a run", "a sync", "an undo of a sync"
std::string_view text_of(JournalVerb verb) noexcept {
    switch (verb) {
        case JournalVerb::run:
            return "a run";
        case JournalVerb::sync:
            return "a sync";
        case JournalVerb::undo:
            return "an undo of a sync";
    }
    return "(verb)";
}

}  // namespace

std::optional<JournalProblem> check_is_of_run(const JournalHeader& theirs,
                                              const std::string& name,
                                              std::string_view advice) {
    if (theirs.verb == JournalVerb::run) {
        return std::nullopt;
    }
    return JournalProblem(
        JournalProblem::Kind::other_verb,
        fmt::format(
            "journal {} is from {}, not from a run. {}", name, text_of(theirs.verb), advice));
}

std::optional<std::string> endpoint_difference(const JournalAccess& ours,
                                               const JournalAccess& theirs) {
    using Endpoint = JournalAccess::Endpoint;
    if (ours.endpoint == Endpoint::unknown || theirs.endpoint == Endpoint::unknown ||
        (ours.endpoint == theirs.endpoint && ours.origin == theirs.origin)) {
        return std::nullopt;
    }
    return fmt::format(
        "its runs called {}, but this run calls {}", endpoint_text(theirs), endpoint_text(ours));
}

std::optional<JournalProblem> check_access(const JournalAccess& ours,
                                           const JournalAccess& theirs,
                                           const std::string& name) {
    std::vector<std::string> differences;
    if (std::optional<std::string> difference = endpoint_difference(ours, theirs)) {
        differences.push_back(*std::move(difference));
    }
    compare_callers(ours, theirs, differences);
    if (differences.empty()) {
        return std::nullopt;
    }
    return JournalProblem(
        JournalProblem::Kind::other_access,
        fmt::format(
            "journal {} is from runs that called KMS differently: {}. Use the same endpoint and "
            "identity, or specify another file with --journal; existing replicas will be detected.",
            name,
            boost::algorithm::join(differences, "; ")));
}

std::optional<JournalProblem> check_binding(const JournalHeader& ours,
                                            const JournalHeader& theirs,
                                            const std::string& name) {
    if (std::optional<JournalProblem> problem =
            check_is_of_run(theirs, name, "Specify another file with --journal.")) {
        return problem;
    }
    std::vector<std::string> differences;
    if (ours.simulated != theirs.simulated) {
        differences.push_back(theirs.simulated
                                  ? "it is from a simulated run, but this run is real"
                                  : "it is from a real run, but this run is simulated");
    }
    if (ours.jobs != theirs.jobs) {
        differences.push_back(
            fmt::format("it has {} jobs, but this plan has {}", theirs.jobs, ours.jobs));
    }
    if (ours.plan_sha256 != theirs.plan_sha256) {
        const std::size_t before = differences.size();
        compare_places(ours, theirs, differences);
        if (differences.size() == before && ours.jobs == theirs.jobs) {
            differences.push_back(
                "it has the same number of jobs for each Region, but different keys or "
                "parameters (policy, description, tags, bypass)");
        }
        differences.push_back(fmt::format("its plan is {:.16}..., but this plan is {:.16}...",
                                          theirs.plan_sha256,
                                          ours.plan_sha256));
    }
    if (differences.empty()) {
        if (std::optional<JournalProblem> problem =
                check_access(ours.access, theirs.access, name)) {
            return problem;
        }
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
        fmt::format(
            "journal {} belongs to another plan (fleet \"{}\"): {}. If the fleet has changed since "
            "then, use --replan; otherwise, specify another file with --journal.",
            name,
            theirs.fleet,
            // Not fmt::join: g++ 12.2 reports an overflow in fmt 9's format parser.
            boost::algorithm::join(differences, "; ")));
}

}  // namespace keyferry::engine
