// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/names/key_metadata.hpp"
#include "io/names/kms_requests.hpp"
#include "tools/simulator/model/effect.hpp"
#include "tools/simulator/requests/key_specs.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace keyferry::simulator {

/// The response to one request, and its effect.
template <typename Result>
struct Handled {
    std::variant<Result, KmsRefusal> response;
    Effect effect;
};

/// A key that is added without a request.
struct SeededKey {
    std::string key_spec = "SYMMETRIC_DEFAULT";  ///< must be a KMS key spec
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
