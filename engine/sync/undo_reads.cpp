// SPDX-License-Identifier: Apache-2.0
#include "engine/sync/undo_reads.hpp"

#include <map>
#include <utility>
#include <variant>

namespace keyferry::engine {

UndoReads::UndoReads(const std::vector<planner::ChangedReplica>& replicas, RepeatableCalls& calls)
    : replicas_(replicas), calls_(calls), contents_(calls), values_(replicas.size()) {}

boost::asio::awaitable<void> UndoReads::run() {
    std::map<io::AccountRegion, std::vector<std::size_t>> by_place;
    for (std::size_t replica = 0; replica < replicas_.size(); ++replica) {
        const io::KeyArn& arn = replicas_[replica].replica;
        by_place[io::AccountRegion(arn.account, arn.region)].push_back(replica);
    }
    for (auto& [place, left] : by_place) {
        calls_.add_source(place, [this, left = std::move(left), next = std::size_t{0}]() mutable {
            if (next == left.size()) {
                return false;
            }
            start(left[next++]);
            return true;
        });
    }
    return calls_.run();
}

/// DescribeKey returns the description, and whether the key has become the primary; the other parts
/// have operations of their own.
void UndoReads::start(std::size_t replica) {
    const io::KeyArn& arn = replicas_[replica].replica;
    calls_.ask(io::AccountRegion(arn.account, arn.region),
               io::DescribeKeyRequest(arn.text()),
               [this, replica](const FinalOutcome<io::DescribeKeyResult>& outcome) {
                   planner::ReplicaNow& now = values_[replica];
                   if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
                       now.description = failure->lookup;
                       read_content(replica, std::nullopt);
                       return;
                   }
                   const io::KeyMetadata& metadata =
                       std::get<io::DescribeKeyResult>(outcome).key_metadata;
                   now.description = planner::LookupStatus::found;
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

void UndoReads::read_content(std::size_t replica, std::optional<std::string> description) {
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
