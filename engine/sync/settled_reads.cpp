// SPDX-License-Identifier: Apache-2.0
#include "engine/sync/settled_reads.hpp"

#include "engine/sync/reread_pause.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>
#include <variant>

namespace keyferry::engine {

using std::chrono::milliseconds;

milliseconds stale_for(io::WallTime last_record,
                       io::WallTime now,
                       milliseconds visible_max) noexcept {
    const auto left = std::chrono::ceil<milliseconds>(last_record - now) + visible_max;
    return std::clamp(left, milliseconds(0), visible_max);
}

SettledReads::SettledReads(const std::vector<planner::ChangedReplica>& replicas,
                           RepeatableCalls& calls,
                           io::Clock& clock,
                           milliseconds stale_for)
    : replicas_(replicas),
      calls_(calls),
      clock_(clock),
      stale_for_(stale_for),
      contents_(calls),
      values_(replicas.size()) {}

boost::asio::awaitable<void> SettledReads::run() {
    const io::Moment settled_at = clock_.now() + stale_for_;
    milliseconds delay = kRereadDelayMin;
    unsettled_.resize(replicas_.size());
    std::iota(unsettled_.begin(), unsettled_.end(), std::size_t{0});
    for (;;) {
        const bool is_last = clock_.now() >= settled_at;
        add_sources();
        co_await calls_.run();
        std::erase_if(unsettled_, [this](std::size_t replica) {
            return planner::shows_syncs(replicas_[replica], values_[replica]);
        });
        if (is_last || unsettled_.empty()) {
            break;
        }
        is_reading_again_ = true;
        co_await pause_until(std::min(settled_at, clock_.now() + delay), clock_, calls_);
        if (calls_.was_stopped()) {
            break;
        }
        delay = std::min(2 * delay, kRereadDelayMax);
    }
    unsettled_.clear();
}

/// Reads the replicas that are unsettled.
void SettledReads::add_sources() {
    std::map<io::AccountRegion, std::vector<std::size_t>> by_place;
    for (const std::size_t replica : unsettled_) {
        const io::KeyArn& arn = replicas_[replica].replica;
        by_place[io::AccountRegion(arn.account, arn.region)].push_back(replica);
    }
    replicas_read_ = replicas_.size() - unsettled_.size();
    for (auto& [place, left] : by_place) {
        calls_.add_source(place, [this, left = std::move(left), next = std::size_t{0}]() mutable {
            if (next == left.size()) {
                return false;
            }
            start(left[next++]);
            return true;
        });
    }
}

/// DescribeKey returns the description and the state, and shows whether the key has become the
/// primary. The other parts are read with separate operations.
void SettledReads::start(std::size_t replica) {
    const io::KeyArn& arn = replicas_[replica].replica;
    values_[replica] = planner::ReplicaNow();
    calls_.ask(
        io::AccountRegion(arn.account, arn.region),
        io::DescribeKeyRequest(arn.text()),
        [this, replica](const FinalOutcome<io::DescribeKeyResult>& outcome) {
            planner::ReplicaNow& now = values_[replica];
            if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
                now.description = failure->lookup;
                now.enabled = failure->lookup;
                read_content(replica, std::nullopt);
                return;
            }
            const io::KeyMetadata& metadata = std::get<io::DescribeKeyResult>(outcome).key_metadata;
            now.description = planner::LookupStatus::found;
            now.state = metadata.key_state.value_or(io::KeyState::other);
            // A state that is missing or not recognized does not show that another caller
            // has changed the key.
            now.enabled = now.state == io::KeyState::other ? planner::LookupStatus::no_response
                                                           : planner::LookupStatus::found;
            now.is_primary =
                metadata.multi_region_configuration &&
                metadata.multi_region_configuration->type == io::MultiRegionKeyType::primary;
            if (now.is_primary) {
                ++replicas_read_;
            } else {
                read_content(replica, metadata.description.value_or(""));
            }
        });
}

void SettledReads::read_content(std::size_t replica, std::optional<std::string> description) {
    const unsigned parts = replicas_[replica].parts();
    ContentRequest request;
    request.content.description = description.has_value();
    request.content.policy = (parts & planner::sync_policy) != 0;
    request.content.tags = (parts & planner::sync_tags) != 0;
    request.aliases = (parts & planner::sync_aliases) != 0;
    contents_.ask(replicas_[replica].replica,
                  request,
                  std::move(description),
                  [this, replica](ContentResult read) {
                      planner::ReplicaNow& now = values_[replica];
                      now.policy = read.policy;
                      now.tags = read.tags;
                      now.aliases = read.aliases_status;
                      now.content = std::move(read.content);
                      now.alias_names = std::move(read.aliases);
                      ++replicas_read_;
                  });
}

}  // namespace keyferry::engine
