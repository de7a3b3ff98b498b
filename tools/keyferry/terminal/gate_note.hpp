// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/answer_feedback.hpp"

#include <string>

namespace keyferry::cli {

/// Message about a Region that was parked, resumed or abandoned, with the cause and the remedy.
[[nodiscard]] std::string gate_message(const engine::GateNews& news);

/// The same as one JSON object: {"region":{"account","region","about","state","reason","failures",
/// "message","probe_in_s"}}. `about` is "endpoint", "replicas" or "permission" (then with
/// "primary_region"); `state` is "parked", "open" or "abandoned".
[[nodiscard]] std::string gate_json(const engine::GateNews& news);

}  // namespace keyferry::cli
