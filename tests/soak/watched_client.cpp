// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/watched_client.hpp"

#include <fmt/format.h>

#include <utility>

namespace keyferry::soak {

namespace asio = boost::asio;

void WatchedClient::before(io::KmsApi api) {
    last_sent_ = clock_.now();
    if (stopped_) {
        world_.violated(clock_.now(), fmt::format("{} was sent {}", name_of(api), *stopped_));
    }
    if (journal_ != nullptr && journal_->failure()) {
        world_.violated(clock_.now(),
                        fmt::format("{} was sent after the journal had failed", name_of(api)));
    }
}

void WatchedClient::begin_change(const std::string& key) {
    const io::Moment now = clock_.now();
    if (!being_changed_.insert(key).second) {
        world_.violated(now, fmt::format("two ReplicateKey calls on {} are in flight", key));
    }
    const auto [last, is_first] = world_.last_change.try_emplace(key, now);
    if (!is_first && now - last->second < spacing_min_) {
        const auto apart =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - last->second);
        world_.violated(
            now,
            fmt::format("two ReplicateKey calls on {} were sent {} ms apart", key, apart.count()));
    }
    last->second = now;
}

asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> WatchedClient::replicate_key(
    io::AccountRegion place, io::ReplicateKeyRequest request) {
    const std::string key = request.key_id;
    begin_change(key);
    io::CallOutcome<io::ReplicateKeyResult> outcome =
        co_await PassingClient::replicate_key(std::move(place), std::move(request));
    being_changed_.erase(key);
    co_return outcome;
}

}  // namespace keyferry::soak
