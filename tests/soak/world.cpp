// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace keyferry::soak {

namespace {

/// A violated invariant tends to be violated repeatedly.
constexpr std::size_t kViolationsMax = 20;

simulator::SimulatorSettings settings_of(const SoakFleet& fleet,
                                         const Failures& failures,
                                         std::uint64_t seed) {
    simulator::SimulatorSettings settings;
    settings.model.seed = seed;
    settings.model.hot_key_spacing = fleet.hot_key_spacing;
    settings.faults = failures.faults;
    settings.started_at = io::Moment{};
    settings.ledger_entries_max = 0;
    return settings;
}

std::string key_in_region_text(std::string_view account,
                               std::string_view key_id,
                               std::string_view region) {
    return fmt::format("{}/{}/{}", account, key_id, region);
}

}  // namespace

World::World(const SoakFleet& fleet, const Failures& failures, std::uint64_t seed)
    : fleet_(fleet),
      failures_(failures),
      kms_(settings_of(fleet, failures, seed)),
      effects_(fleet.plan.jobs.size(), 0),
      foreign_replicas_(fleet.plan.jobs.size(), ForeignReplica::none),
      refused_(fleet.plan.jobs.size(), false),
      disabled_(fleet.plan.keys.size(), false) {
    for (const planner::PlannedKey& key : plan().keys) {
        kms_.model().add_primary_key(key.primary);
    }
    for (const KmsQuota& quota : fleet.quotas) {
        kms_.quotas().set(
            quota.place.account.digits(), quota.place.region.name(), quota.api, quota.quota_per_s);
    }
    for (planner::JobIndex job = 0; job < plan().jobs.size(); ++job) {
        const io::KeyArn arn = planner::replica_arn(plan(), plan().jobs[job]);
        job_at_.emplace(
            key_in_region_text(arn.account.digits(), arn.key_id.text(), arn.region.name()), job);
    }
    kms_.ledger().observe([this](const simulator::LedgerEntry& entry) { note(entry); });
}

void World::note(const simulator::LedgerEntry& entry) {
    line_.clear();
    fmt::format_to(std::back_inserter(line_),
                   "{} {} {} {} {} {} {} {} {} {} {} {}\n",
                   entry.time.time_since_epoch().count(),
                   entry.wall.time_since_epoch().count(),
                   entry.account,
                   entry.region,
                   entry.operation,
                   entry.key,
                   entry.replica_region,
                   name_of(entry.fault),
                   name_of(entry.effect.kind),
                   entry.answered,
                   entry.code,
                   entry.request_id);
    digest(line_);
    note_refusal(entry);
    if (simulator::creates_key(entry.effect.kind)) {
        note_effect(entry);
    }
}

void World::note_refusal(const simulator::LedgerEntry& entry) {
    const bool final = entry.code == "AccessDeniedException" || entry.code == "DisabledException";
    const auto primary = io::KeyArn::parse(entry.key);
    if (!final || !entry.answered || entry.replica_region.empty() || !primary) {
        return;
    }
    const auto job = job_at_.find(
        key_in_region_text(entry.account, primary->key_id.text(), entry.replica_region));
    if (job != job_at_.end()) {
        refused_[job->second] = true;
    }
}

void World::note_effect(const simulator::LedgerEntry& entry) {
    if (const auto action = std::exchange(at_next_effect_, nullptr)) {
        action();
    }
    const auto job = job_at_.find(
        key_in_region_text(entry.account, entry.effect.key_id.text(), entry.effect.region));
    if (job == job_at_.end()) {
        violated(entry.time,
                 fmt::format("{} in {} is not in the plan", entry.key, entry.effect.region));
        return;
    }
    if (++effects_[job->second] > 1) {
        violated(entry.time, fmt::format("job {} was done twice", job->second));
    }
}

std::optional<io::Moment> World::next_event() const {
    return applied_events_ < failures_.events.size()
               ? std::optional(failures_.events[applied_events_].at)
               : std::nullopt;
}

void World::advance_to(io::Moment now) {
    while (next_event() && *next_event() <= now) {
        apply_event(failures_.events[applied_events_]);
        ++applied_events_;
    }
}

void World::apply_event(const WorldEvent& event) {
    switch (event.kind) {
        case WorldEvent::Kind::creating_changes:
            kms_.model().change_creating(event.creating);
            return;
        case WorldEvent::Kind::replica_created: {
            const planner::Job& job = plan().jobs[event.job];
            const bool usable =
                event.state == io::KeyState::enabled || event.state == io::KeyState::creating;
            if (kms_.model().add_replica(plan().keys[job.key].primary,
                                         plan().regions[job.region],
                                         event.state,
                                         event.at)) {
                foreign_replicas_[event.job] =
                    usable ? ForeignReplica::usable : ForeignReplica::unusable;
            }
            return;
        }
        case WorldEvent::Kind::primary_disabled:
        case WorldEvent::Kind::primary_enabled: {
            const bool disabled = event.kind == WorldEvent::Kind::primary_disabled;
            disabled_[event.key] = disabled;
            kms_.model().set_state(plan().keys[event.key].primary,
                                   disabled ? io::KeyState::disabled : io::KeyState::enabled);
            return;
        }
    }
}

bool World::is_unfinishable(planner::JobIndex job) const {
    return foreign_replicas_[job] == ForeignReplica::unusable || disabled_[plan().jobs[job].key];
}

void World::violated(io::Moment when, std::string what) {
    if (violations_.size() < kViolationsMax) {
        violations_.push_back(fmt::format("{}: {}", clock_text(when), what));
    }
}

void World::digest(std::string_view bytes) {
    digest_.update(bytes);
}

std::string World::digest_text() {
    constexpr std::size_t kDigits = 16;
    return io::hex(digest_.finish()).substr(0, kDigits);
}

}  // namespace keyferry::soak
