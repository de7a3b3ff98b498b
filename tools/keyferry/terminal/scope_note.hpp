// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/flow_control.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <string>

namespace keyferry::cli {

/// Returns a message about an account, endpoint or Region that was parked, resumed or abandoned
/// (see engine/calls/README.md), with the cause and the remedy.
[[nodiscard]] std::string scope_message(const engine::ScopeNews& news);

/// Formats the news as one JSON object:
/// {"region":{"account","region","about","state","reason","failures", "message","probe_in_s"}}.
/// `about` is "account" (then without "region"), "endpoint", "replicas" or "pair" (then with
/// "primary_region"); `state` is "parked", "open" or "abandoned".
[[nodiscard]] std::string scope_json(const engine::ScopeNews& news);

/// Writes the news to standard error: as JSON if the progress is JSON, otherwise as a message below
/// the progress line.
void show_scope_news(ProgressStyle style, const engine::ScopeNews& news);

}  // namespace keyferry::cli
