// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/world.hpp"

#include "tests/soak/clock_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace keyferry::soak {

namespace {

/// Limits the output, because an invariant that is violated once tends to be violated repeatedly.
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

bool contains(const simulator::FaultWindow& window, io::Moment moment) {
    const std::chrono::nanoseconds at = moment.time_since_epoch();
    return window.from <= at && at < window.until;
}

std::string key_in_region_text(std::string_view account,
                               std::string_view key_id,
                               std::string_view region) {
    return fmt::format("{}/{}/{}", account, key_id, region);
}

}  // namespace

World::World(const SoakFleet& fleet, const Failures& failures, std::uint64_t seed)
    : fleet_(fleet),
      failures_(&failures),
      kms_(settings_of(fleet, failures, seed)),
      effects_(fleet.plan.jobs.size(), 0),
      foreign_replicas_(fleet.plan.jobs.size(), ForeignReplica::none),
      refused_(fleet.plan.jobs.size(), false),
      removed_(fleet.plan.jobs.size(), false),
      disabled_(fleet.plan.keys.size(), false),
      was_disabled_(fleet.plan.keys.size(), false),
      unmeasured_(fleet.plan.jobs.size(), false) {
    const std::vector<MachineEvent>& events = failures.troubles.machine_events;
    clock_changes_ = std::any_of(events.begin(), events.end(), [](const MachineEvent& event) {
        return (event.kind == MachineEvent::Kind::clock_is_set && event.at > io::Moment{}) ||
               event.kind == MachineEvent::Kind::sleeps;
    });
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
    if (on_entry_) {
        on_entry_(entry);
    }
    if (entry.effect.kind != simulator::EffectKind::none) {
        if (const auto action = std::exchange(at_next_effect_, nullptr)) {
            action();
        }
    }
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
    const auto job = job_at_.find(
        key_in_region_text(entry.account, entry.effect.key_id.text(), entry.effect.region));
    if (job == job_at_.end()) {
        violated(entry.time,
                 fmt::format("{} in {} is not in the plan", entry.key, entry.effect.region));
        return;
    }
    removed_[job->second] = false;
    if (++effects_[job->second] > 1) {
        violated(entry.time, fmt::format("job {} was done twice", job->second));
    }
}

void World::begin_syncs(const Failures& failures, const std::vector<TimedAction>& events) {
    failures_ = &failures;
    applied_events_ = 0;
    actions_ = &events;
    applied_actions_ = 0;
    is_mended_ = false;
    kms_.faults().change(failures.faults);
}

std::optional<io::Moment> World::next_event() const {
    std::optional<io::Moment> next;
    if (applied_events_ < failures_->events.size()) {
        next = failures_->events[applied_events_].at;
    }
    if (actions_ != nullptr && applied_actions_ < actions_->size()) {
        const io::Moment at = (*actions_)[applied_actions_].at;
        next = next ? std::min(*next, at) : at;
    }
    return next;
}

void World::advance_to(io::Moment now) {
    while (applied_events_ < failures_->events.size() &&
           failures_->events[applied_events_].at <= now) {
        apply_event(failures_->events[applied_events_]);
        ++applied_events_;
    }
    while (actions_ != nullptr && applied_actions_ < actions_->size() &&
           (*actions_)[applied_actions_].at <= now) {
        (*actions_)[applied_actions_++].act();
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
                                         simulator::SimulatedTime{event.at, {}})) {
                removed_[event.job] = false;
                foreign_replicas_[event.job] =
                    usable ? ForeignReplica::usable : ForeignReplica::unusable;
            }
            return;
        }
        case WorldEvent::Kind::primary_disabled:
        case WorldEvent::Kind::primary_enabled: {
            const bool disabled = event.kind == WorldEvent::Kind::primary_disabled;
            disabled_[event.key] = disabled;
            was_disabled_[event.key] = was_disabled_[event.key] || disabled;
            kms_.model().set_state(plan().keys[event.key].primary,
                                   disabled ? io::KeyState::disabled : io::KeyState::enabled);
            return;
        }
    }
}

void World::remove_replica(planner::JobIndex job, io::Moment now) {
    const io::KeyArn replica = planner::replica_arn(plan(), plan().jobs[job]);
    if (!kms_.model().remove_key(replica)) {
        violated(now, fmt::format("{} does not exist", replica.text()));
        return;
    }
    digest(fmt::format("{} removed\n", replica.text()));
    removed_[job] = true;
    effects_[job] = 0;
    foreign_replicas_[job] = ForeignReplica::none;
}

bool World::is_unfinishable(planner::JobIndex job) const {
    return foreign_replicas_[job] == ForeignReplica::unusable || disabled_[plan().jobs[job].key] ||
           (is_denied(job) && !failures_->troubles.denials_end);
}

World::Credentials World::credentials_of(const io::AccountId& account, io::Moment now) const {
    for (const CredentialLoss& loss : failures_->troubles.credential_losses) {
        if (loss.account == account.digits() && contains(loss.window, now) && !is_mended_) {
            return loss.is_refused ? Credentials::refused : Credentials::missing;
        }
    }
    return Credentials::good;
}

bool World::were_all_credentials_lost(io::Moment from, io::Moment until) const {
    return std::all_of(plan().keys.begin(), plan().keys.end(), [&](const auto& key) {
        return was_lost(key.primary.account, from, until);
    });
}

bool World::were_credentials_lost(io::Moment from, io::Moment until) const {
    return std::any_of(plan().keys.begin(), plan().keys.end(), [&](const auto& key) {
        return was_lost(key.primary.account, from, until);
    });
}

/// Whether the account was without usable credentials at some time from `from` to `until`.
bool World::was_lost(const io::AccountId& account, io::Moment from, io::Moment until) const {
    return !is_mended_ && std::any_of(failures_->troubles.credential_losses.begin(),
                                      failures_->troubles.credential_losses.end(),
                                      [&](const CredentialLoss& loss) {
                                          return loss.account == account.digits() &&
                                                 loss.window.from <= until.time_since_epoch() &&
                                                 from.time_since_epoch() < loss.window.until;
                                      });
}

double World::incomplete_rate(const io::Region& region, io::Moment now) const {
    double rate = 0;
    for (const IncompleteResponses& incomplete : failures_->troubles.incomplete_responses) {
        if (incomplete.region == region.name() && contains(incomplete.window, now)) {
            rate = std::max(rate, incomplete.rate);
        }
    }
    return rate;
}

std::optional<planner::JobIndex> World::job_of(const io::AccountRegion& place,
                                               const io::ReplicateKeyRequest& request) const {
    const auto primary = io::KeyArn::parse(request.key_id);
    const auto job = job_at_.find(key_in_region_text(
        place.account.digits(), primary.value().key_id.text(), request.replica_region));
    return job == job_at_.end() ? std::nullopt : std::optional(job->second);
}

void World::note_failed_attempt(const io::AccountRegion& place,
                                const io::ReplicateKeyRequest& request,
                                io::Moment sent_at,
                                io::Moment now) {
    if (const auto job = job_of(place, request)) {
        FailedAttempts& failed = failed_attempts_[*job];
        failed.first_failed_at = failed.count == 0 ? now : failed.first_failed_at;
        failed.last_sent_at = sent_at;
        ++failed.count;
    }
}

bool World::is_exhausted(planner::JobIndex job) const {
    constexpr std::chrono::minutes kFailingMin{5};  // independent of the program's constant
    const auto failed = failed_attempts_.find(job);
    return failed != failed_attempts_.end() &&
           failed->second.count >= plan().settings.retry.attempts_max &&
           failed->second.last_sent_at - failed->second.first_failed_at >= kFailingMin;
}

bool World::had_outage(io::Moment from, io::Moment until) const {
    return std::any_of(failures_->troubles.outages.begin(),
                       failures_->troubles.outages.end(),
                       [&](const simulator::FaultRule& rule) {
                           return rule.window.from <= until.time_since_epoch() &&
                                  from.time_since_epoch() < rule.window.until;
                       });
}

bool World::is_unreachable(const io::Region& region, io::Moment now) const {
    return std::any_of(failures_->faults.rules.begin(),
                       failures_->faults.rules.end(),
                       [&](const simulator::FaultRule& rule) {
                           return rule.kind == simulator::FaultKind::down &&
                                  rule.region == region.name() && contains(rule.window, now) &&
                                  (!rule.api || *rule.api == io::KmsApi::replicate_key) &&
                                  !is_mended_;
                       });
}

std::optional<planner::JobIndex> World::denied_job(const io::AccountRegion& place,
                                                   const io::ReplicateKeyRequest& request,
                                                   io::Moment now) const {
    const bool has_ended = failures_->troubles.denials_end && now >= failures_->calm_at;
    const std::optional<planner::JobIndex> job = job_of(place, request);
    return job && is_denied(*job) && !has_ended ? job : std::nullopt;
}

bool World::is_write_denied(const std::string& replica, io::Moment now) const {
    const Troubles& troubles = failures_->troubles;
    return troubles.denied_replicas.contains(replica) &&
           !(troubles.denials_end && now >= failures_->calm_at);
}

bool World::waits_for_mending(planner::JobIndex job) const {
    if (is_mended_) {
        return false;
    }
    const Troubles& troubles = failures_->troubles;
    const io::AccountRegion primary = planner::primary_location(plan(), plan().jobs[job]);
    const io::AccountRegion replica = planner::replica_location(plan(), plan().jobs[job]);
    return std::any_of(troubles.dead.begin(),
                       troubles.dead.end(),
                       [&](const simulator::FaultRule& rule) {
                           return rule.region == primary.region.name() ||
                                  rule.region == replica.region.name();
                       }) ||
           std::any_of(troubles.credential_losses.begin(),
                       troubles.credential_losses.end(),
                       [&](const CredentialLoss& loss) {
                           return loss.is_refused && loss.account == primary.account.digits();
                       });
}

bool World::was_asleep_for_long() const {
    const std::vector<MachineEvent>& events = failures_->troubles.machine_events;
    return std::any_of(events.begin(), events.end(), [&](const MachineEvent& event) {
        return (event.kind == MachineEvent::Kind::sleeps ||
                event.kind == MachineEvent::Kind::freezes) &&
               event.amount >= plan().settings.wait.ready_timeout.count();
    });
}

void World::mend() {
    is_mended_ = true;
    simulator::FaultSettings faults = failures_->faults;
    std::erase_if(faults.rules, [](const simulator::FaultRule& rule) {
        return rule.window.until == simulator::kFaultWindowMax;
    });
    kms_.faults().change(faults);
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
