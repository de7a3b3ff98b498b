// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/watched_changes.hpp"

#include "engine/sync/recorded_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

namespace keyferry::soak {

namespace asio = boost::asio;

namespace {

using Outcome = io::CallOutcome<io::EmptyResult>;

std::string change_text(io::KmsApi api, std::string_view region, std::string_view target) {
    return fmt::format("{} {} {}", name_of(api), region, target);
}

std::string change_text(const planner::ReplicaChange& change) {
    return change_text(change.action,
                       change.replica.region.name(),
                       change.alias.empty() ? change.replica.text() : change.alias);
}

std::string replica_text(std::string_view region, std::string_view key_id) {
    return fmt::format("{}/{}", region, key_id);
}

/// The number after `name` in a record.
std::size_t number_in(std::string_view record, std::string_view name) {
    std::size_t value = 0;
    const std::size_t at = record.find(name);
    if (at != std::string_view::npos) {
        const char* const begin = record.data() + at + name.size();
        std::from_chars(begin, record.data() + record.size(), value);
    }
    return value;
}

}  // namespace

WatchedChanges::WatchedChanges(
    io::KmsClient& client, io::Clock& clock, World& world, Contents& contents, bool is_clock_right)
    : PassingClient(client),
      clock_(clock),
      world_(world),
      contents_(contents),
      is_clock_right_(is_clock_right),
      started_at_(clock.now()) {
    world.on_entry([this](const simulator::LedgerEntry& entry) { note(entry); });
}

WatchedChanges::~WatchedChanges() {
    world_.on_entry(nullptr);
}

void WatchedChanges::watch(const std::vector<planner::ReplicaChange>& changes,
                           io::MemoryAppendFile& file) {
    changes_ = &changes;
    file_ = &file;
    watched_.assign(changes.size(), Watched());
    for (std::size_t change = 0; change < changes.size(); ++change) {
        if (!change_.emplace(change_text(changes[change]), change).second) {
            world_.violated(clock_.now(), "planned twice: " + change_text(changes[change]));
        }
        for (const PropertyChange& planned : property_changes(changes[change])) {
            contents_.note_planned(planned);
        }
        for (const PropertyChange& before : property_changes(changes[change], true)) {
            if (!contents_.was_value(before)) {
                world_.violated(clock_.now(),
                                fmt::format("{}: the value to restore, {}, was never set",
                                            change_text(changes[change]),
                                            before.value.value_or("none")));
            }
        }
    }
}

/// Records which records have become durable.
void WatchedChanges::read_durable_records() {
    const std::string_view durable = file_->durable_content();
    for (std::size_t end = 0; (end = durable.find('\n', read_bytes_)) != std::string_view::npos;
         read_bytes_ = end + 1) {
        const std::string_view record = durable.substr(read_bytes_, end - read_bytes_);
        const bool is_before = record.find(R"("ev":"before")") != std::string_view::npos;
        const bool is_sent = record.find(R"("ev":"sent")") != std::string_view::npos;
        const std::size_t job = number_in(record, R"("job":)");
        if (is_before && number_in(record, R"("part":)") == number_in(record, R"("of":)")) {
            watched_.at(job).has_values = true;
        } else if (is_sent) {
            watched_.at(job).has_record = true;
        }
    }
}

void WatchedChanges::check_before_sending(std::size_t change) {
    read_durable_records();
    Watched& watched = watched_[change];
    const planner::ReplicaChange& what = (*changes_)[change];
    const auto violated = [&](std::string_view problem) {
        world_.violated(clock_.now(), fmt::format("{} {}", change_text(what), problem));
    };
    if (!watched.has_values) {
        violated("is sent before the value that it replaces is durable");
    }
    if (!watched.has_record) {
        violated("is sent before its record is durable");
    }
    if (watched.has_success) {
        violated("is sent again after KMS has confirmed it");
    }
    // KMS rejects a CreateAlias for an existing alias. The program then determines why the alias
    // exists.
    const bool may_exist = !what.alias.empty() || watched.attempts > 0 || !is_clock_right_ ||
                           contents_.was_changed_by_others(what, started_at_);
    if (!may_exist && contents_.is_in_force(what)) {
        violated("is sent although it is already in effect");
    }
    ++watched.attempts;
}

/// Returns the change that a request makes.
std::optional<std::size_t> WatchedChanges::begin(io::KmsApi api,
                                                 const io::AccountRegion& place,
                                                 std::string_view target) {
    const auto found = change_.find(change_text(api, place.region.name(), target));
    if (found == change_.end()) {
        world_.violated(clock_.now(),
                        fmt::format("{} for {} is not in the journal", name_of(api), target));
        return std::nullopt;
    }
    check_before_sending(found->second);
    const io::KeyArn& replica = (*changes_)[found->second].replica;
    const std::string key = replica_text(replica.region.name(), replica.key_id.text());
    if (!in_flight_.emplace(key, found->second).second) {
        world_.violated(clock_.now(), "two changes are in flight for " + key);
    }
    return found->second;
}

void WatchedChanges::end(std::optional<std::size_t> change, const Outcome& outcome) {
    if (change) {
        const io::KeyArn& replica = (*changes_)[*change].replica;
        in_flight_.erase(replica_text(replica.region.name(), replica.key_id.text()));
        watched_[*change].has_success =
            std::holds_alternative<io::CallSuccess<io::EmptyResult>>(outcome);
    }
}

void WatchedChanges::note(const simulator::LedgerEntry& entry) {
    if (entry.effect.kind == simulator::EffectKind::none) {
        return;
    }
    const auto found =
        in_flight_.find(replica_text(entry.effect.region, entry.effect.key_id.text()));
    if (found == in_flight_.end()) {
        world_.violated(entry.time,
                        fmt::format("{} {} without a change in flight",
                                    entry.effect.region,
                                    entry.effect.key_id.text()));
        return;
    }
    ++watched_[found->second].effects;
    const planner::ReplicaChange& change = (*changes_)[found->second];
    contents_.note_effect(change, started_at_, entry.time);
}

/// Returns an error if the records of a change are incorrect; otherwise an empty string.
std::string WatchedChanges::problem_with(const engine::JournalReplay& replay,
                                         std::size_t change) const {
    const auto job = static_cast<planner::JobIndex>(change);
    const engine::JobPhase phase = replay.phase(job);
    const bool is_made = watched_[change].effects > 0;
    const auto attribution = replay.attribution(job);
    if (is_made && engine::may_be_made(phase, attribution, true) != true) {
        return fmt::format("was made, but the journal says {}", name_of(phase));
    }
    if (phase == engine::JobPhase::not_started && watched_[change].attempts > 0) {
        return "was sent, but the journal has no record";
    }
    // The alias may have been created by an earlier process whose journal is undone as well.
    const bool is_alias = !(*changes_)[change].alias.empty();
    if (phase == engine::JobPhase::done && !is_made && !is_alias) {
        return "was not made, but the journal says done";
    }
    return {};
}

void WatchedChanges::check_journal(const engine::JournalReplay& replay, io::Moment now) const {
    if (replay.phases().size() != watched_.size()) {
        world_.violated(now, "the journal has a different number of changes");
        return;
    }
    for (std::size_t change = 0; change < watched_.size(); ++change) {
        if (const std::string problem = problem_with(replay, change); !problem.empty()) {
            world_.violated(now, fmt::format("{} {}", change_text((*changes_)[change]), problem));
        }
    }
}

asio::awaitable<Outcome> WatchedChanges::put_key_policy(io::AccountRegion place,
                                                        io::PutKeyPolicyRequest request) {
    const auto change = begin(io::KmsApi::put_key_policy, place, request.key_id);
    if (change && request.policy != *(*changes_)[*change].to) {
        world_.violated(clock_.now(), "the policy differs from the plan: " + request.key_id);
    }
    Outcome outcome = co_await PassingClient::put_key_policy(std::move(place), std::move(request));
    end(change, outcome);
    co_return outcome;
}

asio::awaitable<Outcome> WatchedChanges::tag_resource(io::AccountRegion place,
                                                      io::TagResourceRequest request) {
    const auto change = begin(io::KmsApi::tag_resource, place, request.key_id);
    Outcome outcome = co_await PassingClient::tag_resource(std::move(place), std::move(request));
    end(change, outcome);
    co_return outcome;
}

asio::awaitable<Outcome> WatchedChanges::untag_resource(io::AccountRegion place,
                                                        io::UntagResourceRequest request) {
    const auto change = begin(io::KmsApi::untag_resource, place, request.key_id);
    Outcome outcome = co_await PassingClient::untag_resource(std::move(place), std::move(request));
    end(change, outcome);
    co_return outcome;
}

asio::awaitable<Outcome> WatchedChanges::update_key_description(
    io::AccountRegion place, io::UpdateKeyDescriptionRequest request) {
    const auto change = begin(io::KmsApi::update_key_description, place, request.key_id);
    if (change && request.description != *(*changes_)[*change].to) {
        world_.violated(clock_.now(), "the description differs from the plan: " + request.key_id);
    }
    Outcome outcome =
        co_await PassingClient::update_key_description(std::move(place), std::move(request));
    end(change, outcome);
    co_return outcome;
}

asio::awaitable<Outcome> WatchedChanges::enable_key(io::AccountRegion place,
                                                    io::EnableKeyRequest request) {
    const auto change = begin(io::KmsApi::enable_key, place, request.key_id);
    Outcome outcome = co_await PassingClient::enable_key(std::move(place), std::move(request));
    end(change, outcome);
    co_return outcome;
}

asio::awaitable<Outcome> WatchedChanges::disable_key(io::AccountRegion place,
                                                     io::DisableKeyRequest request) {
    const auto change = begin(io::KmsApi::disable_key, place, request.key_id);
    Outcome outcome = co_await PassingClient::disable_key(std::move(place), std::move(request));
    end(change, outcome);
    co_return outcome;
}

asio::awaitable<Outcome> WatchedChanges::create_alias(io::AccountRegion place,
                                                      io::CreateAliasRequest request) {
    const auto change = begin(io::KmsApi::create_alias, place, request.alias_name);
    Outcome outcome = co_await PassingClient::create_alias(std::move(place), std::move(request));
    end(change, outcome);
    co_return outcome;
}

asio::awaitable<Outcome> WatchedChanges::delete_alias(io::AccountRegion place,
                                                      io::DeleteAliasRequest request) {
    const auto change = begin(io::KmsApi::delete_alias, place, request.alias_name);
    Outcome outcome = co_await PassingClient::delete_alias(std::move(place), std::move(request));
    end(change, outcome);
    co_return outcome;
}

}  // namespace keyferry::soak
