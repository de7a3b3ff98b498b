// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/fleet.hpp"

#include "planner/spec/load_fleet.hpp"
#include "tests/soak/dice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace keyferry::soak {

namespace {

using Hours = std::chrono::duration<double, std::ratio<3600>>;

const std::vector<std::string> kRegions{
    "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",      "ca-central-1",
    "eu-west-1",      "eu-west-2",      "eu-west-3",      "eu-central-1",   "eu-north-1",
    "eu-south-1",     "ap-south-1",     "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
    "ap-northeast-2", "ap-northeast-3", "ap-east-1",      "sa-east-1",      "af-south-1",
    "me-south-1",     "eu-central-2",   "ap-south-2"};
const std::vector<std::string> kAccounts{"111122223333", "444455556666"};

constexpr std::size_t kRegionsMax = 20;
constexpr std::size_t kPrimariesMax = 3;
/// Maximum number of jobs per hour of a soak. A release build runs this number in about 0.2 s.
constexpr double kJobsPerHourMax = 2000;
constexpr std::size_t kJobsMin = 12;

/// The primary keys of one account and Region, and their replica Regions.
struct Group {
    std::string account;
    std::string primary;
    std::vector<std::string> regions;
    std::size_t keys = 0;
};

std::vector<Group> draw_groups(Dice& dice, std::size_t jobs) {
    const std::vector<std::string> replicas = dice.some_of(kRegions, dice.between(1, kRegionsMax));
    const std::size_t accounts = dice.chance(0.2) ? 2 : 1;
    std::vector<Group> groups;
    for (const std::string& primary : dice.some_of(kRegions, dice.between(1, kPrimariesMax))) {
        Group group;
        group.account = kAccounts[dice.below(accounts)];
        group.primary = primary;
        // Some groups use all Regions, others only a few, so their buckets are shared unevenly.
        group.regions =
            dice.chance(0.5) ? replicas : dice.some_of(replicas, dice.between(1, replicas.size()));
        std::erase(group.regions, primary);
        if (group.regions.empty()) {
            group.regions.push_back(primary == kRegions[0] ? kRegions[1] : kRegions[0]);
        }
        groups.push_back(std::move(group));
    }
    for (Group& group : groups) {
        const double part = (0.2 + dice.fraction()) / static_cast<double>(groups.size());
        const double keys =
            part * static_cast<double>(jobs) / static_cast<double>(group.regions.size());
        group.keys = std::max<std::size_t>(1, static_cast<std::size_t>(keys));
    }
    return groups;
}

std::string spec_text(const std::vector<Group>& groups) {
    std::string text = "[fleet]\nname = \"soak\"\n";
    std::size_t key_number = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const Group& group = groups[i];
        text += fmt::format(
            "[[group]]\nname = \"g{}\"\naccount = \"{}\"\nprimary = \"{}\"\npolicy = \"default\"\n"
            "replicate_to = [",
            i,
            group.account,
            group.primary);
        for (const std::string& region : group.regions) {
            text += fmt::format("\"{}\", ", region);
        }
        text += "]\nkeys = [\n";
        for (std::size_t key = 0; key < group.keys; ++key) {
            text += fmt::format("  \"mrk-{:032x}\",\n", ++key_number);
        }
        text += "]\n";
    }
    return text;
}

planner::Plan plan_of(const std::string& text) {
    planner::FleetLoad load = planner::load_fleet(
        text, "soak.toml", [](const std::string&) -> io::Parsed<planner::FileText> {
            return io::ParseProblem{"a soak reads no files"};
        });
    if (!load.plan) {
        throw std::runtime_error("the soak's own fleet: " + planner::line_of(load.problems.at(0)));
    }
    return *std::move(load.plan);
}

std::set<io::AccountRegion> places_of(const planner::Plan& plan) {
    std::set<io::AccountRegion> places;
    for (const planner::Job& job : plan.jobs) {
        places.insert(planner::primary_location(plan, job));
        places.insert(planner::replica_location(plan, job));
    }
    return places;
}

double draw_quota(Dice& dice, io::KmsApi api) {
    if (api == io::KmsApi::describe_key) {
        return dice.chance(0.2) ? static_cast<double>(dice.between(5, 50)) : 2000;
    }
    if (dice.chance(0.5)) {
        return planner::default_quota_per_s(api);
    }
    const std::size_t least =
        api == io::KmsApi::create_key ? planner::kCreateKeyTokensAtReplica : 1;
    return static_cast<double>(dice.between(least, dice.chance(0.3) ? 50 : 10));
}

/// The quota that KMS actually grants if the plan assumes `quota_per_s`.
std::uint32_t draw_granted(Dice& dice, io::KmsApi api, double quota_per_s) {
    const double least = api == io::KmsApi::create_key ? planner::kCreateKeyTokensAtReplica : 1;
    const double part = dice.chance(0.15) ? 0.5 + dice.fraction() / 2 : 1;
    return static_cast<std::uint32_t>(std::max(std::floor(quota_per_s * part), least));
}

/// The operations that get random quotas. Operations that no run uses are excluded, so that each
/// seed remains the same test when KMS operations are added.
constexpr std::array kDrawnQuotas{io::KmsApi::create_key,
                                  io::KmsApi::describe_key,
                                  io::KmsApi::list_keys,
                                  io::KmsApi::replicate_key};

/// The factor for fleets whose quotas have been raised far above the defaults.
constexpr double kRaisedQuotas = 100;

void draw_quotas(Dice& dice, SoakFleet& fleet) {
    const double raised = dice.chance(0.15) ? kRaisedQuotas : 1;
    for (const io::AccountRegion& place : places_of(fleet.plan)) {
        for (const io::KmsApi api : kDrawnQuotas) {
            planner::QuotaOverride quota;
            quota.account = place.account;
            quota.region = place.region;
            quota.api = api;
            quota.quota_per_s = draw_quota(dice, api) * raised;
            fleet.quotas.push_back(
                KmsQuota{place, api, draw_granted(dice, api, quota.quota_per_s)});
            fleet.plan.settings.limits.overrides.push_back(std::move(quota));
        }
    }
}

/// The time that the bucket with the most load needs at its full quota.
double lower_bound_s(const planner::Plan& plan) {
    std::map<std::pair<io::AccountRegion, io::KmsApi>, double> tokens;
    for (const planner::Job& job : plan.jobs) {
        tokens[{planner::primary_location(plan, job), io::KmsApi::replicate_key}] +=
            planner::kReplicateKeyTokensAtPrimary;
        tokens[{planner::replica_location(plan, job), io::KmsApi::create_key}] +=
            planner::kCreateKeyTokensAtReplica;
    }
    double longest_s = 0;
    for (const auto& [bucket, needed] : tokens) {
        const double quota_per_s = plan.settings.limits.quota_per_s(bucket.first, bucket.second);
        longest_s = std::max(longest_s, needed / quota_per_s);
    }
    return longest_s;
}

void draw_settings(Dice& dice, planner::RunSettings& settings) {
    settings.wait.until_ready = !dice.chance(0.1);
    if (dice.chance(0.3)) {
        settings.retry.attempts_max = static_cast<int>(dice.between(3, 12));
    }
    if (dice.chance(0.3)) {
        settings.wait.ready_timeout =
            dice.duration(std::chrono::minutes(2), std::chrono::minutes(40));
    }
    if (dice.chance(0.3)) {
        settings.limits.in_flight_max = static_cast<int>(dice.between(1, 40));
        settings.limits.in_flight_max_per_endpoint = static_cast<int>(dice.between(1, 20));
    }
}

}  // namespace

SoakFleet draw_fleet(std::uint64_t seed, Hours hours) {
    Dice dice(seed, "fleet");
    const double jobs_max = std::max(kJobsPerHourMax * hours.count(), 2.0 * kJobsMin);
    // Sizes are distributed logarithmically.
    const double fewer = static_cast<double>(std::uint64_t{1} << dice.below(6));
    const double jobs = jobs_max / fewer * (0.5 + dice.fraction() / 2);
    SoakFleet fleet;
    fleet.plan =
        plan_of(spec_text(draw_groups(dice, std::max(kJobsMin, static_cast<std::size_t>(jobs)))));
    draw_quotas(dice, fleet);
    draw_settings(dice, fleet.plan.settings);

    const double whole_s = lower_bound_s(fleet.plan);
    double& share = fleet.plan.settings.limits.share;
    if (dice.chance(0.5)) {
        share = dice.one_of(std::vector<double>{0.3, 0.5, 0.8, 0.8, 1.0});
    } else {
        const double wanted_s = hours.count() * 3600 * (0.3 + dice.fraction() * 0.4);
        share = std::clamp(whole_s / wanted_s, 0.02, 1.0);
    }
    fleet.least_time = std::chrono::duration<double>(whole_s / share);
    // The executor leaves 1 s between calls on one key. If KMS requires more, it throttles the
    // calls.
    const std::vector<int> spacings_s{0, 1, 1, 3};
    fleet.hot_key_spacing = std::chrono::seconds(dice.one_of(spacings_s));
    return fleet;
}

void use_default_patience(SoakFleet& fleet) {
    planner::RunSettings& settings = fleet.plan.settings;
    const planner::RunSettings defaults;
    settings.wait.ready_timeout = defaults.wait.ready_timeout;
    settings.retry.attempts_max = defaults.retry.attempts_max;
    settings.limits.in_flight_max = defaults.limits.in_flight_max;
    settings.limits.in_flight_max_per_endpoint = defaults.limits.in_flight_max_per_endpoint;
}

std::string description(const SoakFleet& fleet) {
    return fmt::format("{} jobs, {} keys, {} Regions, {} groups, share {:.3f}, at least {:.0f} s",
                       fleet.plan.jobs.size(),
                       fleet.plan.keys.size(),
                       fleet.plan.regions.size(),
                       fleet.plan.groups.size(),
                       fleet.plan.settings.limits.share,
                       fleet.least_time.count());
}

}  // namespace keyferry::soak
