// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/waiting_call.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace keyferry::engine {

/// Tracks recently changed keys and the calls that are waiting for them. A key is busy while a call
/// that changes it is in flight, and until the spacing has passed since the call was started.
class BusyKeys {
  public:
    explicit BusyKeys(std::chrono::milliseconds spacing);

    [[nodiscard]] bool is_busy(std::uint32_t key) const { return keys_.contains(key); }

    /// Holds a call until its key is free. The key must be busy.
    void hold(const LaneCall& call);

    /// Reports that a call that changes the key has been started. The key must not be busy.
    void started(std::uint32_t key, io::Moment now);

    /// Reports that the call was not sent until `now`, after its start. The spacing then begins at
    /// `now`.
    void left_late(std::uint32_t key, io::Moment now);

    /// Reports that the call has ended. Appends held calls that may now be sent to `released`.
    void finished(std::uint32_t key, std::vector<LaneCall>& released);

    /// Frees the keys whose spacing has passed, and appends their held calls to `released`.
    void release_due(io::Moment now, std::vector<LaneCall>& released);

    /// The next time at which release_due() may release calls; nullopt if held calls can only be
    /// released when another call ends.
    [[nodiscard]] std::optional<io::Moment> release_at() const;

  private:
    struct Key {
        bool in_flight = true;
        bool is_spaced = false;  ///< whether the spacing has passed since the last start
        io::Moment spaced_at;
        std::vector<LaneCall> held;
    };
    struct Spacing {
        io::Moment ends_at;
        std::uint32_t key;
    };
    using Keys = boost::unordered_flat_map<std::uint32_t, Key>;

    void release(Keys::iterator key, std::vector<LaneCall>& released);

    std::chrono::milliseconds spacing_;
    Keys keys_;
    std::deque<Spacing> spacings_;  ///< ordered by start, and therefore also by end
    std::size_t held_ = 0;
};

}  // namespace keyferry::engine
