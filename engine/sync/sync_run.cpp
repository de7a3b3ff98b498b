// SPDX-License-Identifier: Apache-2.0
#include "engine/sync/sync_run.hpp"

#include "engine/sync/end_entry.hpp"
#include "engine/sync/reread_pause.hpp"

#include <algorithm>
#include <cassert>
#include <exception>
#include <map>
#include <span>
#include <utility>
#include <variant>

namespace keyferry::engine {

namespace {

/// As spelled by KMS.
constexpr std::string_view kAlreadyExists = "AlreadyExistsException";

std::size_t number_of(planner::SyncStep part) {
    const auto* const found =
        std::find(planner::kSyncSteps.begin(), planner::kSyncSteps.end(), part);
    assert(found != planner::kSyncSteps.end());
    return static_cast<std::size_t>(found - planner::kSyncSteps.begin());
}

planner::SyncStep part_of(const planner::ReplicaChange& change) {
    return planner::part_changed_by(change.action).value();
}

std::vector<io::Tag> new_tags(const planner::ReplicaChange& change) {
    std::vector<io::Tag> tags;
    for (const planner::TagChange& tag : change.tags) {
        tags.emplace_back(tag.key, tag.to.value());
    }
    return tags;
}

std::vector<std::string> tag_keys(const planner::ReplicaChange& change) {
    std::vector<std::string> keys;
    for (const planner::TagChange& tag : change.tags) {
        keys.push_back(tag.key);
    }
    return keys;
}

/// Returns the outcome of a CreateAlias that failed with `taken` because the alias exists, for the
/// case that the key to which the alias belongs could not be determined.
FinalFailure unchecked_alias(const FinalFailure& taken, FinalFailure check) {
    if (taken.may_be_made) {
        check.may_be_made = true;
        return check;
    }
    check.message = "the alias exists, but it is unknown which key it belongs to: " +
                    (check.code.empty() ? "" : check.code + ": ") + check.message;
    check.code = taken.code;
    return check;
}

}  // namespace

SyncRun::SyncRun(const std::vector<planner::ReplicaChange>& changes,
                 RepeatableCalls& calls,
                 JobJournal& journal,
                 io::Clock& clock,
                 std::chrono::milliseconds visible_max,
                 boost::asio::any_io_executor executor)
    : changes_(changes),
      calls_(calls),
      journal_(journal),
      clock_(clock),
      visible_max_(visible_max),
      is_in_flight_(changes.size()),
      held_(journal,
            clock,
            std::move(executor),
            {.send = [this](Held held) { calls_.send(held.started); },
             .drop =
                 [this](const Held& held) {
                     end_flight(held.change);
                     calls_.drop(held.started);
                 },
             .stop = [this] { calls_.stop(); },
             .set_lead =
                 [this](std::chrono::milliseconds lead) {
                     calls_.set_lead(lead);
                 }}) {
    for (std::size_t change = 0; change < changes.size(); ++change) {
        ++counts_of_change(change).changes;
    }
    calls_.record_with(*this);
}

boost::asio::awaitable<void> SyncRun::run() {
    std::map<io::AccountRegion, std::vector<std::size_t>> first_changes;
    std::size_t first = 0;
    for (const std::span<const planner::ReplicaChange> of_replica : planner::by_replica(changes_)) {
        first_changes[of_replica.front().place()].push_back(first);
        first += of_replica.size();
    }
    for (auto& [place, left] : first_changes) {
        calls_.add_source(place, [this, left = std::move(left), next = std::size_t{0}]() mutable {
            if (next == left.size()) {
                return false;
            }
            start(left[next++]);
            return true;
        });
    }
    if (journal_.failure()) {
        calls_.stop();
    }
    // The exception that ended the run. Before it is rethrown, the outcomes of all other calls must
    // be recorded.
    std::exception_ptr thrown;
    try {
        co_await calls_.run();
        co_await read_stale_aliases();
    } catch (...) {
        thrown = std::current_exception();
    }
    fail_unchecked_aliases();
    assert(in_flight_ == 0 || thrown);
    journal_.write_end(end_entry(calls_, counts().not_tried() > 0, clock_.wall_now()));
    co_await journal_.flush();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
}

SyncCounts SyncRun::counts() const {
    SyncCounts all;
    for (const SyncCounts& of_part : counts_) {
        all.changes += of_part.changes;
        all.made += of_part.made;
        all.failed += of_part.failed;
        all.unknown += of_part.unknown;
        all.deferred += of_part.deferred;
    }
    return all;
}

SyncCounts SyncRun::counts_of(planner::SyncStep part) const {
    return counts_.at(number_of(part));
}

SyncCounts& SyncRun::counts_of_change(std::size_t change) {
    return counts_.at(number_of(part_of(changes_[change])));
}

void SyncRun::record_sent(std::uint64_t tag, const StartedCall& started) {
    JobEntry sent = entry_of(JournalEvent::sent, static_cast<std::size_t>(tag));
    sent.attempt = 1;
    const auto change = static_cast<std::size_t>(tag);
    assert(!is_in_flight_.at(change));
    is_in_flight_[change] = true;
    ++in_flight_;
    held_.hold(sent, Held{change, started});
}

void SyncRun::start(std::size_t index) {
    const planner::ReplicaChange& change = changes_[index];
    const std::string arn = change.replica.text();
    switch (change.action) {
        case io::KmsApi::update_key_description:
            send(index, io::UpdateKeyDescriptionRequest(arn, *change.to));
            break;
        case io::KmsApi::tag_resource:
            send(index, io::TagResourceRequest(arn, new_tags(change)));
            break;
        case io::KmsApi::untag_resource:
            send(index, io::UntagResourceRequest(arn, tag_keys(change)));
            break;
        case io::KmsApi::enable_key:
            send(index, io::EnableKeyRequest(arn));
            break;
        case io::KmsApi::disable_key:
            send(index, io::DisableKeyRequest(arn));
            break;
        case io::KmsApi::create_alias:
            create_alias(index);
            break;
        case io::KmsApi::delete_alias:
            delete_alias(index);
            break;
        case io::KmsApi::put_key_policy: {
            io::PutKeyPolicyRequest request(arn, *change.to);
            request.bypass_policy_lockout_safety_check = change.bypass_policy_lockout_safety_check;
            send(index, std::move(request));
            break;
        }
        default:
            assert(!"not a change of a replica");
    }
}

template <typename Request>
void SyncRun::send(std::size_t index, Request request) {
    calls_.ask_recorded(
        changes_[index].place(),
        std::move(request),
        index,
        [this, index](const FinalOutcome<io::EmptyResult>& outcome) { finish(index, outcome); });
}

void SyncRun::create_alias(std::size_t index) {
    const planner::ReplicaChange& change = changes_[index];
    io::CreateAliasRequest request(change.alias, change.replica.text());
    calls_.ask_recorded(change.place(),
                        std::move(request),
                        index,
                        [this, index](const FinalOutcome<io::EmptyResult>& outcome) {
                            const auto* failure = std::get_if<FinalFailure>(&outcome);
                            if (failure != nullptr && failure->code == kAlreadyExists) {
                                check_created_alias(index, *failure);
                            } else {
                                finish(index, outcome);
                            }
                        });
}

/// Handles an alias that already exists. It was created by an earlier call whose response was lost,
/// by another caller, or for another key. DescribeKey with the alias name shows which key it
/// belongs to; ListAliases might not list it yet. If none of our calls could have created the
/// alias, an undo must not delete it, even if it belongs to the replica. DescribeKey might not find
/// an alias that was created only a moment ago.
void SyncRun::check_created_alias(std::size_t index, const FinalFailure& taken) {
    unchecked_aliases_.emplace(index, taken);
    calls_.ask(changes_[index].place(),
               io::DescribeKeyRequest(changes_[index].alias),
               [this, index, taken](const FinalOutcome<io::DescribeKeyResult>& outcome) {
                   if (is_stale(index, outcome)) {
                       stale_aliases_.push_back(index);
                       return;
                   }
                   unchecked_aliases_.erase(index);
                   const auto* found = std::get_if<io::DescribeKeyResult>(&outcome);
                   if (found == nullptr) {
                       finish(index, unchecked_alias(taken, std::get<FinalFailure>(outcome)));
                   } else if (!is_target(index, *found)) {
                       end_as_taken(index, taken);
                   } else if (taken.may_be_made) {
                       finish(index, io::EmptyResult());
                   } else {
                       end_flight(index);
                       succeed(index, Attribution::existed);
                       start_next(index);
                   }
               });
}

void SyncRun::end_as_taken(std::size_t index, FinalFailure taken) {
    taken.may_be_made = false;
    end_flight(index);
    fail(index, taken, true);
    start_next(index);
}

/// Whether DescribeKey may have failed to find an existing alias only because the alias is not
/// visible yet. CreateAlias or ListAliases has shown that the alias exists.
bool SyncRun::is_stale(std::size_t index, const FinalOutcome<io::DescribeKeyResult>& outcome) {
    const auto* failure = std::get_if<FinalFailure>(&outcome);
    if (failure == nullptr || failure->lookup != planner::LookupStatus::absent) {
        return false;
    }
    const auto visible_by = alias_visible_by_.try_emplace(index, clock_.now() + visible_max_).first;
    return clock_.now() < visible_by->second;
}

/// After all other changes, rereads the stale aliases until none of them can be stale anymore.
boost::asio::awaitable<void> SyncRun::read_stale_aliases() {
    std::chrono::milliseconds delay = kRereadDelayMin;
    while (!stale_aliases_.empty() && !calls_.was_stopped()) {
        co_await pause_until(clock_.now() + delay, clock_, calls_);
        if (calls_.was_stopped()) {
            break;
        }
        delay = std::min(2 * delay, kRereadDelayMax);
        for (const std::size_t index : std::exchange(stale_aliases_, {})) {
            if (changes_[index].action == io::KmsApi::delete_alias) {
                delete_alias(index);
            } else {
                check_created_alias(index, FinalFailure(unchecked_aliases_.at(index)));
            }
        }
        co_await calls_.run();
    }
}

/// Deletes an alias. A DeleteAlias request names only the alias, so this function first checks that
/// the alias still belongs to the replica.
void SyncRun::delete_alias(std::size_t index) {
    calls_.ask(
        changes_[index].place(),
        io::DescribeKeyRequest(changes_[index].alias),
        [this, index](const FinalOutcome<io::DescribeKeyResult>& outcome) {
            if (is_stale(index, outcome)) {
                stale_aliases_.push_back(index);
                return;
            }
            const auto* failure = std::get_if<FinalFailure>(&outcome);
            if (failure == nullptr && is_target(index, std::get<io::DescribeKeyResult>(outcome))) {
                send(index, io::DeleteAliasRequest(changes_[index].alias));
                return;
            }
            if (failure == nullptr) {
                FinalFailure taken;
                taken.is_refused = true;
                fail(index, taken, true);
            } else if (failure->lookup == planner::LookupStatus::absent) {
                succeed(index, Attribution::existed);  // without a request
            } else {
                fail(index, *failure);
            }
            start_next(index);
        });
}

bool SyncRun::is_target(std::size_t index, const io::DescribeKeyResult& found) const {
    return changes_[index].replica.key_id.text() == found.key_metadata.key_id;
}

/// Records the outcome of a change. A change whose endpoint was abandoned might not have been sent.
void SyncRun::finish(std::size_t index, const FinalOutcome<io::EmptyResult>& outcome) {
    end_flight(index);
    const auto* failure = std::get_if<FinalFailure>(&outcome);
    const bool is_deleted = failure != nullptr &&
                            changes_[index].action == io::KmsApi::delete_alias &&
                            failure->lookup == planner::LookupStatus::absent;
    if (failure == nullptr || is_deleted) {
        const bool was_absent = is_deleted && !failure->may_be_made;
        succeed(index, was_absent ? std::optional(Attribution::existed) : std::nullopt);
    } else {
        fail(index, *failure);
    }
    start_next(index);
}

void SyncRun::succeed(std::size_t index, std::optional<Attribution> attribution) {
    ++counts_of_change(index).made;
    JobEntry entry = entry_of(JournalEvent::done, index);
    entry.attribution = attribution;
    journal_.write(entry);
}

void SyncRun::fail(std::size_t index, const FinalFailure& failure, bool is_alias_taken) {
    SyncCounts& counts = counts_of_change(index);
    ++(failure.may_be_made ? counts.unknown : failure.is_refused ? counts.failed : counts.deferred);
    JobEntry entry = entry_of(is_alias_taken        ? JournalEvent::conflict
                              : failure.may_be_made ? JournalEvent::unknown
                              : failure.is_refused  ? JournalEvent::failed
                                                    : JournalEvent::deferred,
                              index);
    entry.code = failure.code;
    entry.message = is_alias_taken ? "the alias belongs to another key" : failure.message;
    journal_.write(entry);
    FailedChange change;
    change.change = index;
    change.failure = failure;
    change.is_alias_taken = is_alias_taken;
    failed_.push_back(std::move(change));
}

void SyncRun::start_next(std::size_t index) {
    const std::size_t next = index + 1;
    if (!calls_.was_stopped() && next < changes_.size() &&
        changes_[next].replica == changes_[index].replica) {
        start(next);
    }
}

/// If the change's request was sent, marks the change as no longer in flight.
void SyncRun::end_flight(std::size_t index) {
    if (is_in_flight_.at(index)) {
        is_in_flight_[index] = false;
        --in_flight_;
    }
}

void SyncRun::fail_unchecked_aliases() {
    for (const auto& [index, taken] : std::exchange(unchecked_aliases_, {})) {
        FinalFailure stopped;
        stopped.message = "stopped before it was checked which key the alias belongs to";
        end_flight(index);
        fail(index, unchecked_alias(taken, stopped));
    }
}

JobEntry SyncRun::entry_of(JournalEvent event, std::size_t index) const {
    const planner::ReplicaChange& change = changes_[index];
    JobEntry entry(
        event, static_cast<planner::JobIndex>(index), change.replica, change.replica.region);
    entry.action = change.action;
    return entry;
}

}  // namespace keyferry::engine
