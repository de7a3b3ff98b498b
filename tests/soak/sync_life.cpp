// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/sync_life.hpp"

#include "engine/journal/read/open.hpp"
#include "engine/sync/change_records.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/review/replica_drift.hpp"
#include "planner/review/replica_sync.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace keyferry::soak {

namespace asio = boost::asio;

namespace {

constexpr std::uint8_t kAllParts = planner::sync_policy | planner::sync_tags |
                                   planner::sync_description | planner::sync_aliases |
                                   planner::sync_enabled;

std::vector<planner::ChangedReplica> replicas_of(
    const std::vector<engine::RecordedChanges>& journals,
    std::vector<planner::ReplicaChange> engine::RecordedChanges::*list) {
    std::vector<planner::ReplicaChange> changes;
    for (const engine::RecordedChanges& journal : journals) {
        changes.insert(changes.end(), (journal.*list).begin(), (journal.*list).end());
    }
    return planner::changed_replicas(changes, kAllParts);
}

bool is_unread(const planner::SkippedProperty& skipped) {
    return skipped.lookup != planner::LookupStatus::found;
}

}  // namespace

SyncLife::SyncLife(
    World& world, Machine& machine, Contents& contents, const LifeSettings& settings, SyncTask task)
    : Life(world, machine, settings),
      contents_(contents),
      task_(std::move(task)),
      plan_(*task_.plan),
      seed_(settings.seed),
      watched_(client(), world_clock(), world, contents, task_.is_clock_right) {}

void SyncLife::stop() {
    is_stopped_ = true;
    if (calls_) {
        calls_->stop();
    }
}

engine::RepeatableCalls& SyncLife::begin_calls() {
    calls_ = std::make_unique<engine::RepeatableCalls>(
        plan_.settings, watched_, clock(), io().get_executor(), ++seed_);
    calls_->share_quota_use(quota_use_);
    if (is_stopped_) {
        calls_->stop();
    }
    return *calls_;
}

/// Whether the last step ended without being stopped.
bool SyncLife::may_go_on() const {
    return !is_stopped_ && (!calls_ || calls_->refusal().empty());
}

LifeEnd SyncLife::how_it_ended() const {
    if (writer_ && writer_->failure()) {
        return LifeEnd::journal_failed;
    }
    if (calls_ && !calls_->refusal().empty()) {
        return LifeEnd::refused;
    }
    // A stop after the last change has no effect.
    const bool is_cut_short = !sync_ || sync_->counts().not_tried() > 0;
    return is_stopped_ && is_cut_short ? LifeEnd::stopped : LifeEnd::finished;
}

asio::awaitable<LifeEnd> SyncLife::work() {
    if (task_.verb == engine::JournalVerb::sync) {
        co_await wait_for_recent_changes();
        if (may_go_on()) {
            co_await compare_with_spec();
        }
    } else {
        co_await compare_with_journals();
    }
    if (!may_go_on() || changes_.empty()) {
        co_return how_it_ended();
    }
    if (!start_journal()) {
        is_journal_refused_ = true;
        co_return LifeEnd::journal_failed;
    }
    sync_ = std::make_unique<engine::SyncRun>(changes_,
                                              begin_calls(),
                                              *writer_,
                                              clock(),
                                              plan_.settings.wait.doubt_timeout,
                                              io().get_executor());
    co_await sync_->run();
    co_return how_it_ended();
}

/// Returns the changes in the earlier journals whose last record is not older than `moment`, oldest
/// first. With `with_syncs`, includes older syncs.
std::vector<engine::RecordedChanges> SyncLife::recorded_since(io::WallTime moment,
                                                              bool with_syncs) {
    std::vector<engine::RecordedChanges> all;
    for (const SyncJournal& journal : task_.journals) {
        auto recorded = engine::read_recorded_changes(*journal.file, "(memory)", texts_);
        const bool is_named = with_syncs && journal.verb == engine::JournalVerb::sync;
        if (recorded && (is_named || recorded->last_record >= moment)) {
            all.push_back(*std::move(recorded));
        }
    }
    std::stable_sort(
        all.begin(), all.end(), [](const auto& a, const auto& b) { return a.created < b.created; });
    return all;
}

asio::awaitable<void> SyncLife::wait_for_recent_changes() {
    const std::chrono::milliseconds visible_max = plan_.settings.wait.doubt_timeout;
    const std::vector<engine::RecordedChanges> recent =
        recorded_since(clock().wall_now() - visible_max, false);
    io::WallTime last_record{};
    for (const engine::RecordedChanges& each : recent) {
        last_record = std::max(last_record, each.last_record);
    }
    latest_ = replicas_of(recent, &engine::RecordedChanges::changes);
    if (latest_.empty()) {
        co_return;
    }
    reads_ = std::make_unique<engine::SettledReads>(
        latest_,
        begin_calls(),
        clock(),
        engine::stale_for(last_record, clock().wall_now(), visible_max));
    co_await reads_->run();
}

asio::awaitable<void> SyncLife::compare_with_spec() {
    survey_ = std::make_unique<engine::Survey>(
        plan_, begin_calls(), engine::ReadContents::of_keys_and_replicas);
    co_await survey_->run();
    if (!may_go_on()) {
        co_return;
    }
    planner::Inventory inventory = survey_->take_inventory();
    planner::set_contents(plan_, std::move(inventory.contents));
    const planner::ReviewedPlan reviewed{plan_, planner::compare_with_inventory(plan_, inventory)};
    for (const planner::JobIndex job : planner::jobs_to_sync(reviewed.review, kAllParts)) {
        const bool leaves_state =
            !task_.enables_all &&
            planner::enabled_spec(plan_, plan_.jobs[job].key) == planner::EnabledSpec::yes;
        constexpr auto kWithoutState =
            static_cast<std::uint8_t>(kAllParts & ~planner::sync_enabled);
        std::vector<planner::ReplicaChange> changes = planner::replica_changes(
            reviewed, inventory, job, leaves_state ? kWithoutState : kAllParts, texts_);
        std::move(changes.begin(), changes.end(), std::back_inserter(changes_));
    }
    is_all_compared_ = true;
    for (planner::JobIndex job = 0; job < plan_.jobs.size(); ++job) {
        is_all_compared_ = is_all_compared_ && planner::is_compared(reviewed, inventory, job);
    }
}

void SyncLife::find_undone() {
    const std::vector<engine::RecordedChanges> syncs = [this] {
        std::vector<engine::RecordedChanges> all = recorded_since(io::WallTime::max(), true);
        return all;
    }();
    made_ = replicas_of(syncs, &engine::RecordedChanges::changes);
    unrecorded_ =
        planner::without_changed(replicas_of(syncs, &engine::RecordedChanges::unrecorded), made_);
    const std::vector<engine::RecordedChanges> all =
        recorded_since(clock().wall_now() - plan_.settings.wait.doubt_timeout, true);
    for (const engine::RecordedChanges& each : all) {
        last_record_ = std::max(last_record_, each.last_record);
    }
    std::map<io::KeyArn, planner::ChangedReplica> by_arn;
    for (planner::ChangedReplica& each : replicas_of(all, &engine::RecordedChanges::changes)) {
        const io::KeyArn replica = each.replica;
        by_arn.emplace(replica, std::move(each));
    }
    for (const planner::ChangedReplica& each : made_) {
        latest_.push_back(by_arn.at(each.replica));
    }
}

asio::awaitable<void> SyncLife::compare_with_journals() {
    find_undone();
    engine::RepeatableCalls& calls = begin_calls();
    reads_ = std::make_unique<engine::SettledReads>(
        latest_,
        calls,
        clock(),
        engine::stale_for(last_record_, clock().wall_now(), plan_.settings.wait.doubt_timeout));
    unrecorded_reads_ = std::make_unique<engine::SettledReads>(
        unrecorded_, calls, clock(), std::chrono::milliseconds(0));
    co_await reads_->run();
    co_await unrecorded_reads_->run();
    if (!may_go_on()) {
        co_return;
    }
    for (std::size_t index = 0; index < made_.size(); ++index) {
        planner::add_undo(made_[index], reads_->values()[index], texts_, undo_);
    }
    for (std::size_t index = 0; index < unrecorded_.size(); ++index) {
        planner::add_unrecorded(unrecorded_[index], unrecorded_reads_->values()[index], undo_);
    }
    changes_ = undo_.changes;
    is_all_compared_ = std::none_of(undo_.skipped.begin(), undo_.skipped.end(), is_unread);
}

/// Writes the previous values to the journal. Returns false on failure, in which case nothing has
/// been changed.
bool SyncLife::start_journal() {
    throw_when_killed(true);
    engine::JournalResult<engine::StartedJournal> started = engine::start_journal(
        machine().file(),
        engine::changes_header(changes_, task_.verb, plan_.fleet_name, "keyferry soak"),
        run_of_soak(),
        clock().wall_now(),
        "(memory)",
        nullptr);
    const bool is_started =
        started && !engine::write_change_records(
                       machine().file(), changes_, clock().wall_now(), "(memory)", *started);
    throw_when_killed(false);
    if (is_started) {
        writer_ = make_writer(started->tail, started->room);
        watched_.watch(changes_, machine().file());
    }
    return is_started;
}

}  // namespace keyferry::soak
