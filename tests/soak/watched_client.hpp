// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/write/writer.hpp"
#include "io/clock/clock.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/soak/world.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_set>

namespace keyferry::soak {

/// Passes every call on. When a call is sent, checks that the program is allowed to send calls and
/// that changes of the same key neither overlap nor follow each other too closely.
class WatchedClient final : public engine::PassingClient {
  public:
    /// Minimum time between the starts of two ReplicateKey calls on one key: the scheduler's
    /// same_key_spacing, minus the possible delay between the scheduler's decision and sending (the
    /// sync of its `sent` record, JournalWriterSettings::sync_interval_min).
    static constexpr std::chrono::milliseconds kSpacingMin{990};
    /// The same with a slow disk, which may delay a call by 100 ms.
    static constexpr std::chrono::milliseconds kSpacingWithSlowDiskMin{890};

    WatchedClient(io::KmsClient& client,
                  io::Clock& clock,
                  World& world,
                  std::chrono::milliseconds spacing_min)
        : PassingClient(client), clock_(clock), world_(world), spacing_min_(spacing_min) {}

    /// When the last call was sent.
    [[nodiscard]] io::Moment last_sent() const noexcept { return last_sent_; }

    /// After this function is called, no call may be sent.
    void stop(std::string why) { stopped_ = std::move(why); }
    /// After this journal has failed, no call may be sent.
    void watch(const engine::JournalWriter& journal) { journal_ = &journal; }

    boost::asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> replicate_key(
        io::AccountRegion place, io::ReplicateKeyRequest request) override;

  private:
    void before(io::KmsApi api) override;
    void begin_change(const std::string& key);

    io::Clock& clock_;
    World& world_;
    std::chrono::milliseconds spacing_min_;
    io::Moment last_sent_{};
    const engine::JournalWriter* journal_ = nullptr;
    std::optional<std::string> stopped_;
    std::unordered_set<std::string> being_changed_;
};

}  // namespace keyferry::soak
