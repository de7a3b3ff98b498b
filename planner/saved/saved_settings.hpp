// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "planner/plan/run_settings.hpp"

#include <boost/json/object.hpp>

namespace keyferry::planner {

/// Returns the settings as JSON: {"limits":{...,"quotas":[...]},"retry":{...},"wait":{...},
/// "prices":{...},"accounts":[...]}. Members are named as in the spec, with the suffix _ms for
/// durations.
[[nodiscard]] boost::json::object settings_json(const RunSettings& settings);

/// Reads settings written by settings_json(). All members must be present.
[[nodiscard]] io::Parsed<RunSettings> read_settings_json(const boost::json::object& object);

}  // namespace keyferry::planner
