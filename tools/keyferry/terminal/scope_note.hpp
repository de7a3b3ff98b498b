// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/flow_control.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <string>

namespace keyferry::cli {

/// Returns a message about an account, endpoint or Region that was parked, resumed or abandoned
/// (see engine/calls/README.md), with the cause and the remedy.
[[nodiscard]] std::string scope_message(const engine::ScopeNews& news);

/// Names the scope: "account 111122223333", "KMS in eu-west-1", "replicas in eu-west-1", or
/// "replicas in eu-west-1 of keys in us-east-1".
[[nodiscard]] std::string scope_name(const engine::ScopeNews& news);

/// Formats the news as a JSON object with the members "account", "region", "about", "state",
/// "reason", "failures", "message", "probe_in_s" and "abandoned_in_s". `about` is "account" (then
/// without "region"), "endpoint", "replicas" or "pair" (then with "primary_region"); `state` is
/// "parked", "open" or "abandoned". The times are 0 unless the scope is parked.
[[nodiscard]] std::string scope_object(const engine::ScopeNews& news);

/// Formats the news as one line of JSON: {"region":<scope_object>}.
[[nodiscard]] std::string scope_json(const engine::ScopeNews& news);

/// Writes the news to standard error: as JSON if the progress is JSON, otherwise as a message below
/// the progress line.
void show_scope_news(ProgressStyle style, const engine::ScopeNews& news);

}  // namespace keyferry::cli
