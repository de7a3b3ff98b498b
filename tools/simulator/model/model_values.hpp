// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/names/key_metadata.hpp"
#include "io/names/kms_requests.hpp"
#include "tools/simulator/model/effect.hpp"
#include "tools/simulator/requests/key_specs.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"
#include "tools/simulator/values/duration_range.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace keyferry::simulator {

/// The time at which a request is handled: monotonic time for durations, wall time for dates.
struct SimulatedTime {
    io::Moment now;
    io::WallTime wall;
};

struct KmsModelSettings {
    std::uint64_t seed = 1;
    /// How long a new replica stays in Creating. AWS says "a few seconds"; sometimes it is minutes.
    DurationRange creating{std::chrono::seconds{2}, std::chrono::seconds{6}};
    /// How long the old and the new primary stay in Updating. AWS says "a few seconds".
    DurationRange updating{std::chrono::seconds{2}, std::chrono::seconds{6}};
    /// Eventual consistency: how long after a change reads may return the previous state. New keys
    /// and aliases are not found during that time. 0, the default, disables this.
    DurationRange stale{std::chrono::seconds{0}, std::chrono::seconds{0}};
    /// Maximum number of KMS keys per account and Region, in any state. KMS's default is 100,000.
    std::uint64_t keys_per_region_max = 100'000;
    /// Minimum interval between state-changing calls on one key. Calls that are closer together are
    /// throttled, independent of the quotas (KMS calls this a "hot key"; its limits are not
    /// documented). 0 disables this.
    std::chrono::nanoseconds hot_key_spacing{0};
};

/// The response to one request, and its effect.
template <typename Result>
struct Handled {
    std::variant<Result, KmsRefusal> response;
    Effect effect;
};

/// A key that is added without a request.
struct SeededKey {
    std::string key_spec = "SYMMETRIC_DEFAULT";  ///< must be a key spec of KMS
    std::optional<KeyUsage> usage;  ///< must be valid for the spec; default: its first usage
    KeyOrigin origin = KeyOrigin::aws_kms;
    io::KeyState state = io::KeyState::enabled;
    std::string description;
    std::string policy;  ///< empty for the default policy; not checked
    std::vector<io::Tag> tags;
    io::WallTime created{};
};

/// One key as stored in the model, for tests and reports.
struct KeyView {
    io::KeyState state = io::KeyState::other;
    io::MultiRegionKeyType type = io::MultiRegionKeyType::other;
    std::string description;
    std::string policy;  ///< the default policy's text if no policy was set
    std::vector<io::Tag> tags;
};

}  // namespace keyferry::simulator
