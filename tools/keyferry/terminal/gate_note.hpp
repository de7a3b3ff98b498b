// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/answer_feedback.hpp"

#include <string>

namespace keyferry::cli {

/// What an operator should know of a Region that was parked, opened or given up, and what to do.
[[nodiscard]] std::string gate_note(const engine::GateNews& news);

/// The same as one JSON object: {"region":{"account","region","about","state","reason","refusals",
/// "said","probe_in_s"}}; about is "endpoint", "replicas" or "permission" (then with
/// "primary_region"), state "parked", "open" or "given up".
[[nodiscard]] std::string gate_json(const engine::GateNews& news);

}  // namespace keyferry::cli
