// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "planner/plan/run_settings.hpp"

#include <boost/json/object.hpp>

namespace keyferry::planner {

/// {"limits":{...,"quotas":[...]},"retry":{...},"wait":{...},"prices":{...}}, members named as in
/// the spec with _ms behind durations.
[[nodiscard]] boost::json::object settings_json(const RunSettings& settings);

/// The reverse. All members must be there.
[[nodiscard]] io::Parsed<RunSettings> read_settings_json(const boost::json::object& object);

}  // namespace keyferry::planner
