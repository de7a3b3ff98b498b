// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/sync_draw.hpp"

#include "tests/soak/clock_text.hpp"
#include "tests/soak/dice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace keyferry::soak {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kJobsMax = 120;

/// Returns a policy that is different for each number.
std::string policy_text(const io::AccountId& account, std::size_t number) {
    return fmt::format(
        R"({{"Version":"2012-10-17","Statement":[)"
        R"({{"Sid":"root","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{0}:root"}},)"
        R"("Action":"kms:*","Resource":"*"}},)"
        R"({{"Sid":"more","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{0}:root"}},)"
        R"("Action":"kms:DescribeKey","Resource":"*",)"
        R"("Condition":{{"StringEquals":{{"aws:PrincipalTag/number":"{1}"}}}}}}]}})",
        account.digits(),
        number);
}

/// Generates the random syncs of one soak.
class SyncsDraw {
  public:
    SyncsDraw(std::uint64_t seed, const SoakFleet& fleet, io::Moment start, SoakHours hours)
        : dice_(seed, "syncs"), fleet_(fleet.plan), start_(start), hours_(hours) {}

    SyncDraw all() {
        choose_keys();
        set_contents();
        set_enabled();
        set_least_time();
        draw_troubles();
        draw_.stale = dice_.chance(0.5) ? simulator::DurationRange{}
                                        : simulator::DurationRange{seconds(0), seconds(10)};
        change_primaries(draw_.before, 0.9);
        change_replicas(draw_.before, 0.5);
        while_syncing();
        draw_.is_undone = dice_.chance(0.6);
        if (draw_.is_undone) {
            if (dice_.chance(0.4)) {
                draw_.syncs_max = dice_.between(1, 3);
            }
            change_replicas(draw_.before_undo, 0.15);
        }
        return std::move(draw_);
    }

  private:
    /// Some of the fleet's keys, with all their replicas.
    void choose_keys() {
        planner::Plan& plan = draw_.plan;
        plan.fleet_name = fleet_.fleet_name;
        plan.groups = fleet_.groups;
        plan.regions = fleet_.regions;
        plan.settings = fleet_.settings;
        std::vector<std::uint32_t> keys(fleet_.keys.size());
        for (std::uint32_t key = 0; key < keys.size(); ++key) {
            keys[key] = key;
        }
        keys = dice_.some_of(std::move(keys), dice_.between(1, kJobsMax / 2));
        std::sort(keys.begin(), keys.end());
        for (const std::uint32_t key : keys) {
            const auto is_of_key = [&](const planner::Job& job) {
                return job.key == key;
            };
            const auto jobs = static_cast<std::size_t>(
                std::count_if(fleet_.jobs.begin(), fleet_.jobs.end(), is_of_key));
            if (!plan.keys.empty() && plan.jobs.size() + jobs > kJobsMax) {
                continue;
            }
            const auto number = static_cast<std::uint32_t>(plan.keys.size());
            plan.keys.push_back(fleet_.keys[key]);
            for (const planner::Job& job : fleet_.jobs) {
                if (is_of_key(job)) {
                    plan.jobs.push_back(planner::Job{number, job.region});
                }
            }
        }
    }

    void set_contents() {
        for (planner::PlannedGroup& group : draw_.plan.groups) {
            planner::ReplicaParameters& spec = group.parameters;
            spec.copied.policy = dice_.chance(0.8);
            spec.copied.description = dice_.chance(0.8);
            spec.copied.tags = dice_.chance(0.8);
            if (spec.copied.policy) {
                spec.policy.reset();
            }
            if (!spec.copied.tags) {
                spec.tags = {io::Tag("owner", "soak"), io::Tag("team", "keys")};
            }
            spec.aliases.copied = dice_.chance(0.5);
            if (dice_.chance(0.5)) {
                spec.aliases.templates = {"alias/soak/{key_id}"};
            }
        }
    }

    void set_enabled() {
        const std::vector<planner::EnabledSpec> specs{planner::EnabledSpec::yes,
                                                      planner::EnabledSpec::yes,
                                                      planner::EnabledSpec::no,
                                                      planner::EnabledSpec::copied,
                                                      planner::EnabledSpec::copied};
        for (planner::PlannedGroup& group : draw_.plan.groups) {
            group.parameters.enabled = dice_.one_of(specs);
        }
        draw_.names_parts = dice_.chance(0.5);
    }

    void set_least_time() {
        constexpr double kAliases = 3;  // approximate number per replica
        std::map<io::AccountRegion, double> replicas;
        for (const planner::Job& job : draw_.plan.jobs) {
            ++replicas[planner::replica_location(draw_.plan, job)];
        }
        const planner::Limits& limits = draw_.plan.settings.limits;
        for (const auto& [place, count] : replicas) {
            const double rate = limits.quota_per_s(place, io::KmsApi::create_alias) * limits.share;
            draw_.least_time =
                std::max(draw_.least_time, std::chrono::duration<double>(kAliases * count / rate));
        }
    }

    void shift(simulator::FaultWindow& window) const {
        if (window != simulator::FaultWindow{}) {
            window.from += start_.time_since_epoch();
            window.until += start_.time_since_epoch();
        }
    }

    /// Uses the failures of a run, shifted to the time of the syncs and applied to the operations
    /// that syncs use.
    void draw_troubles() {
        SoakFleet fleet;
        fleet.plan = draw_.plan;
        const auto hours = std::chrono::duration_cast<milliseconds>(hours_);
        const milliseconds lasting =
            std::min(hours, dice_.duration(minutes(2), minutes(dice_.chance(0.5) ? 10 : 60)));
        std::uint64_t seed = dice_.seed();
        while (is_mild(seed)) {
            seed = dice_.seed();
        }
        Failures& failures = draw_.failures;
        failures = draw_failures(seed, fleet, io::Moment{} + lasting);
        failures.events.clear();
        failures.calm_at = start_ + lasting;
        const std::vector<io::KmsApi> apis{io::KmsApi::update_key_description,
                                           io::KmsApi::tag_resource,
                                           io::KmsApi::create_alias,
                                           io::KmsApi::put_key_policy,
                                           io::KmsApi::enable_key,
                                           io::KmsApi::disable_key,
                                           io::KmsApi::get_key_policy,
                                           io::KmsApi::list_resource_tags};
        for (simulator::FaultRule& rule : failures.faults.rules) {
            if (rule.api == io::KmsApi::replicate_key) {
                rule.api = dice_.one_of(apis);
            }
            shift(rule.window);
        }
        for (Interruption& interruption : failures.interruptions) {
            interruption.at += start_.time_since_epoch();
        }
        Troubles& troubles = failures.troubles;
        for (MachineEvent& event : troubles.machine_events) {
            event.at += start_.time_since_epoch();
        }
        for (CredentialLoss& loss : troubles.credential_losses) {
            shift(loss.window);
        }
        for (IncompleteResponses& incomplete : troubles.incomplete_responses) {
            shift(incomplete.window);
        }
        for (planner::JobIndex job = 0; job < fleet.plan.jobs.size(); ++job) {
            if (troubles.denied[job]) {
                troubles.denied_replicas.insert(
                    planner::replica_arn(fleet.plan, fleet.plan.jobs[job]).text());
            }
        }
    }

    void add(std::vector<PropertyChange>& changes,
             const io::KeyArn& key,
             planner::SyncStep part,
             const std::string& name,
             PropertyValue value) {
        changes.push_back(PropertyChange{key, part, name, std::move(value)});
    }

    /// One change of a key. `who` makes the values of different callers distinguishable.
    void change(std::vector<PropertyChange>& changes,
                const io::KeyArn& key,
                const std::string& who) {
        const std::size_t number = ++values_;
        const std::string value = fmt::format("{} {}", who, number);
        switch (dice_.below(5)) {
            case 0:
                add(changes, key, planner::sync_policy, "", policy_text(key.account, number));
                return;
            case 1:
                add(changes, key, planner::sync_description, "", value);
                return;
            case 2:
                add(changes, key, planner::sync_tags, "team", value);
                return;
            case 3:
                add(changes,
                    key,
                    planner::sync_enabled,
                    "",
                    PropertyValue(name_of(dice_.chance(0.5) ? io::KeyState::enabled
                                                            : io::KeyState::disabled)));
                return;
            default:
                add(changes, key, planner::sync_tags, fmt::format("tag-{}", dice_.below(3)), value);
                return;
        }
    }

    void change_primaries(std::vector<PropertyChange>& changes, double part) {
        for (const planner::PlannedKey& key : draw_.plan.keys) {
            for (std::size_t i = dice_.chance(part) ? dice_.between(1, 5) : 0; i > 0; --i) {
                change(changes, key.primary, "primary");
            }
            if (dice_.chance(part / 2)) {
                const std::string name =
                    fmt::format("alias/{}-{}", ++values_, key.primary.key_id.text());
                add(changes, key.primary, planner::sync_aliases, name, "");
            }
        }
    }

    void change_replicas(std::vector<PropertyChange>& changes, double part) {
        for (const planner::Job& job : draw_.plan.jobs) {
            for (std::size_t i = dice_.chance(part) ? dice_.between(1, 3) : 0; i > 0; --i) {
                change(changes, planner::replica_arn(draw_.plan, job), "replica");
            }
        }
    }

    /// Other callers change primaries and, less often, replicas while the program syncs.
    void while_syncing() {
        std::vector<PropertyChange> changes;
        if (dice_.chance(0.5)) {
            change_primaries(changes, 0.2);
        }
        if (dice_.chance(0.3)) {
            change_replicas(changes, 0.05);
        }
        for (PropertyChange& each : changes) {
            const io::Moment at = start_ + dice_.duration(milliseconds(0),
                                                          std::chrono::duration_cast<milliseconds>(
                                                              draw_.failures.calm_at - start_));
            draw_.meanwhile.push_back(OthersChange{at, std::move(each)});
        }
        std::stable_sort(draw_.meanwhile.begin(),
                         draw_.meanwhile.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; });
    }

    Dice dice_;
    const planner::Plan& fleet_;
    io::Moment start_;
    SoakHours hours_;
    SyncDraw draw_;
    std::size_t values_ = 0;  ///< generated so far
};

}  // namespace

bool has_syncs(std::uint64_t seed) {
    return Dice(seed, "has syncs").chance(0.5);
}

SyncDraw draw_syncs(std::uint64_t seed, const SoakFleet& fleet, io::Moment start, SoakHours hours) {
    return SyncsDraw(seed, fleet, start, hours).all();
}

std::string description(const SyncDraw& draw) {
    std::string text = fmt::format(
        "syncs of {} replicas of {} keys, at least {:.0f} s, reads stale for up to {} s, {} "
        "changes by others before the syncs, {} during them{}{}{}\n",
        draw.plan.jobs.size(),
        draw.plan.keys.size(),
        draw.least_time.count(),
        std::chrono::duration_cast<seconds>(draw.stale.max).count(),
        draw.before.size(),
        draw.meanwhile.size(),
        draw.is_undone
            ? fmt::format("; an undo, {} changes by others before", draw.before_undo.size())
            : "",
        draw.syncs_max ? fmt::format(", after {} syncs", *draw.syncs_max) : "",
        draw.names_parts ? "; the parts are named" : "");
    for (const planner::PlannedGroup& group : draw.plan.groups) {
        text += fmt::format(
            "  group {}: enabled = {}\n", group.name, planner::name_of(group.parameters.enabled));
    }
    for (const OthersChange& each : draw.meanwhile) {
        text += fmt::format("  {} another caller changes {} {} {}\n",
                            clock_text(each.at),
                            each.change.key.text(),
                            planner::name_of(each.change.part),
                            each.change.name);
    }
    return text + description(draw.failures);
}

}  // namespace keyferry::soak
