// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/sync_soak.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "tests/soak/clock_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::soak {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Maximum number of processes after the last failure. Ordinary faults may cause a few changes to
/// need several reruns.
constexpr std::size_t kCalmSyncsMax = 40;

std::chrono::milliseconds in_ms(std::chrono::duration<double> time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

bool sets_clock(const MachineEvent& event) {
    return event.kind == MachineEvent::Kind::clock_is_set ||
           event.kind == MachineEvent::Kind::sleeps;
}

bool fills_disk(const MachineEvent& event) {
    return event.kind == MachineEvent::Kind::disk_fills;
}

}  // namespace

SyncSoak::SyncSoak(std::uint64_t seed,
                   SyncDraw draw,
                   World& world,
                   Machine& machine,
                   io::Moment now,
                   std::function<void(const std::string&)> log)
    : draw_(std::move(draw)),
      world_(world),
      machine_(machine),
      now_(now),
      deadline_(draw_.failures.calm_at + std::chrono::hours(24) + 20 * in_ms(draw_.least_time)),
      log_(std::move(log)),
      dice_(seed, "user of syncs"),
      contents_(world, draw_.plan, draw_.names_parts),
      interruptions_(draw_.failures.interruptions) {
    const std::vector<MachineEvent>& events = draw_.failures.troubles.machine_events;
    is_clock_right_ = std::none_of(events.begin(), events.end(), sets_clock);
    is_disk_ever_full_ =
        machine.is_disk_full() || std::any_of(events.begin(), events.end(), fills_disk);
    for (const OthersChange& each : draw_.meanwhile) {
        actions_.push_back(TimedAction{each.at, [this, &each] {
                                           contents_.change_by_others(each.change, each.at);
                                       }});
    }
    world.begin_syncs(draw_.failures, actions_);
    machine.change_events(events);
    world.kms().model().change_stale(draw_.stale);
    for (const PropertyChange& each : draw_.before) {
        contents_.change_by_others(each, now);
    }
    contents_.begin_syncs();
}

SyncSoak::~SyncSoak() {
    world_.on_entry(nullptr);
}

void SyncSoak::run() {
    log_line(description(draw_));
    while (!is_over_ && world_.violations().empty()) {
        live();
    }
    contents_.check_against_kms(now_);
}

void SyncSoak::log_line(const std::string& text) const {
    if (log_) {
        log_(text);
    }
}

void SyncSoak::live() {
    ++lives_;
    syncs_ += is_undoing_ ? 0 : 1;
    LifeSettings settings;
    settings.start = now_;
    settings.seed = dice_.seed();
    settings.has_slow_disk = true;
    const std::optional<Interruption> interruption = interruptions_.next(now_);
    SyncTask task;
    task.plan = &draw_.plan;
    task.verb = is_undoing_ ? engine::JournalVerb::undo : engine::JournalVerb::sync;
    task.journals = journals_;
    task.is_clock_right = is_clock_right_;
    task.enables_all = draw_.names_parts;
    machine_.add_file();
    world_.begin_life();
    SyncLife life(world_, machine_, contents_, settings, std::move(task));
    const LifeEnd end = life.run(interruption, deadline_);
    now_ = life.now();
    const engine::SyncCounts counts = life.sync() ? life.sync()->counts() : engine::SyncCounts();
    log_line(
        fmt::format("  {} {} from {} to {}: {}, {} of {} changes made, {} failed, {} unknown, "
                    "{} deferred{}",
                    is_undoing_ ? "undo" : "sync",
                    lives_,
                    clock_text(settings.start),
                    clock_text(now_),
                    name_of(end),
                    counts.made,
                    life.changes().size(),
                    counts.failed,
                    counts.unknown,
                    counts.deferred,
                    life.is_all_compared() ? "" : "; not all compared"));
    interruptions_.keep_for_later(interruption, now_);
    after_life(life, settings.start, end, interruption);
}

void SyncSoak::after_life(const SyncLife& life,
                          io::Moment start,
                          LifeEnd end,
                          const std::optional<Interruption>& interruption) {
    io::MemoryAppendFile& file = machine_.file();
    file.stop_failing();
    if (end == LifeEnd::killed || end == LifeEnd::journal_failed) {
        file.crash(interruption ? interruption->unsynced_bytes_kept : 0);
    }
    if (!life.is_journal_refused() && !file.content().empty()) {
        journals_.push_back(SyncJournal{
            &file, is_undoing_ ? engine::JournalVerb::undo : engine::JournalVerb::sync});
    }
    world_.digest(file.content());
    check_end(life, start, end, interruption);
    check_journal(life, end);
    if (end == LifeEnd::finished) {
        check_comparison(life, start);
        finished(life);
    } else if (!is_undoing_ && draw_.is_undone && draw_.syncs_max && syncs_ >= *draw_.syncs_max) {
        begin_undo();
    }
    now_ += end == LifeEnd::finished ? dice_.duration(seconds(3), minutes(30))
                                     : dice_.duration(seconds(3), minutes(5));
}

void SyncSoak::check_end(const SyncLife& life,
                         io::Moment start,
                         LifeEnd end,
                         const std::optional<Interruption>& interruption) {
    switch (end) {
        case LifeEnd::finished:
        case LifeEnd::killed:
            return;
        case LifeEnd::stopped:
            if (!interruption || interruption->kind != Interruption::Kind::stop) {
                world_.violated(now_, "the sync stopped without a request");
            }
            return;
        case LifeEnd::refused:
            if (!world_.were_credentials_lost(start, now_)) {
                world_.violated(now_, "the sync was rejected despite valid credentials");
            }
            return;
        case LifeEnd::journal_failed:
            if (!is_disk_ever_full_ &&
                (!interruption || interruption->kind != Interruption::Kind::disk_fails)) {
                world_.violated(now_, "the journal failed although the disk works");
            }
            return;
        case LifeEnd::timed_out:
            world_.violated(now_, "the sync does not end");
            return;
        case LifeEnd::threw:
            world_.violated(now_, "the sync threw: " + life.exception_message());
            return;
    }
}

/// However the process ended, if it sent changes, its journal must be readable and show which
/// changes were made.
void SyncSoak::check_journal(const SyncLife& life, LifeEnd end) {
    if (life.sync() == nullptr) {
        return;
    }
    engine::JournalReplay replay;
    engine::JournalScan scan;
    const bool is_read = !engine::replay_journal(machine_.file(), replay, scan) &&
                         (scan.state == engine::JournalState::whole ||
                          scan.state == engine::JournalState::torn_tail);
    planner::SharedTexts texts;
    const auto recorded = engine::read_recorded_changes(machine_.file(), "(memory)", texts);
    if (!is_read || !recorded) {
        world_.violated(
            now_,
            "the journal cannot be read: " + (recorded ? scan.problem : recorded.error().text));
        return;
    }
    life.watched().check_journal(replay, now_);
    if (end == LifeEnd::finished || end == LifeEnd::stopped || end == LifeEnd::refused) {
        check_counts(life, replay);
        const std::string& how = replay.runs().back().end;
        if (how != name_of(end)) {
            world_.violated(
                now_,
                fmt::format("the journal of a sync that is {} ends as \"{}\"", name_of(end), how));
        }
    }
}

void SyncSoak::check_counts(const SyncLife& life, const engine::JournalReplay& replay) {
    const engine::SyncCounts counts = life.sync()->counts();
    const engine::JobCounts& journaled = replay.counts();
    using engine::JobPhase;
    const bool are_same =
        counts.changes == life.changes().size() && counts.made == journaled.of(JobPhase::done) &&
        counts.failed == journaled.of(JobPhase::failed) + journaled.of(JobPhase::conflict) &&
        counts.unknown == journaled.of(JobPhase::unknown) &&
        counts.deferred == journaled.of(JobPhase::deferred) &&
        counts.not_tried() == journaled.of(JobPhase::not_started) && life.sync()->in_flight() == 0;
    if (!are_same) {
        world_.violated(
            now_,
            fmt::format("counts: {} changes, {} made, {} failed, {} unknown, {} deferred, {} in "
                        "flight; the journal: {} done, {} failed, {} conflict, {} unknown, {} "
                        "deferred, {} sent, {} not started",
                        counts.changes,
                        counts.made,
                        counts.failed,
                        counts.unknown,
                        counts.deferred,
                        life.sync()->in_flight(),
                        journaled.of(JobPhase::done),
                        journaled.of(JobPhase::failed),
                        journaled.of(JobPhase::conflict),
                        journaled.of(JobPhase::unknown),
                        journaled.of(JobPhase::deferred),
                        journaled.of(JobPhase::sent),
                        journaled.of(JobPhase::not_started)));
    }
}

/// If a process has read everything and found nothing to change, checks that this is correct.
void SyncSoak::check_comparison(const SyncLife& life, io::Moment start) {
    const bool has_changed =
        std::any_of(draw_.meanwhile.begin(), draw_.meanwhile.end(), [&](const auto& each) {
            return each.at >= start && each.at <= now_;
        });
    if (!life.is_all_compared() || !life.changes().empty() || has_changed || !is_clock_right_) {
        return;
    }
    for (const std::string& each : left()) {
        world_.violated(now_, "the process found nothing to change, but " + each);
    }
}

bool SyncSoak::is_denied_for_good(const io::KeyArn& replica) const {
    return world_.is_write_denied(replica.text(), io::Moment::max());
}

/// The remaining changes.
std::vector<std::string> SyncSoak::left() const {
    const auto is_excluded = [this](const io::KeyArn& replica) {
        return is_denied_for_good(replica);
    };
    return is_undoing_ ? contents_.not_undone(is_excluded, is_clock_right_)
                       : contents_.differences(is_excluded);
}

void SyncSoak::finished(const SyncLife& life) {
    check_skipped(life);
    const std::vector<std::string> left = this->left();
    const bool is_calm = now_ >= draw_.failures.calm_at;
    if (left.empty() && (is_calm || life.changes().empty())) {
        if (!is_undoing_ && draw_.is_undone) {
            begin_undo();
        } else {
            log_line("  the replicas are as they should be");
            is_over_ = true;
        }
        return;
    }
    calm_lives_ += is_calm ? 1 : 0;
    if (calm_lives_ > kCalmSyncsMax) {
        for (const std::string& each : left) {
            world_.violated(now_, "still open after repeated reruns: " + each);
        }
    }
}

/// Checks that an undo skips only properties that other callers have changed, properties that it
/// could not read and, if clocks were adjusted, properties with contradictory records in the
/// journals.
void SyncSoak::check_skipped(const SyncLife& life) {
    for (const planner::SkippedProperty& each : life.undo().skipped) {
        const PropertyChange property{each.replica, each.part, each.name, std::nullopt};
        const bool is_explained = each.lookup != planner::LookupStatus::found ||
                                  contents_.is_of_others(property) ||
                                  contents_.is_contested(property) || !is_clock_right_ ||
                                  (each.is_unrecorded && contents_.was_changed_by_others(property));
        if (!is_explained) {
            world_.violated(now_,
                            fmt::format("the undo leaves {} {} {}: {}",
                                        each.replica.text(),
                                        planner::name_of(each.part),
                                        each.name,
                                        planner::reason_text(each)));
        }
    }
}

void SyncSoak::begin_undo() {
    is_undoing_ = true;
    calm_lives_ = 0;
    contents_.begin_undo();
    for (const PropertyChange& each : draw_.before_undo) {
        contents_.change_by_others(each, now_);
    }
    log_line("  the syncs are undone");
}

}  // namespace keyferry::soak
