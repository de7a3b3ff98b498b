// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/text_finding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

// A policy template is JSON in which {region}, {account} and {key_id} stand for the replica's
// Region, the account and the key id. JSON has braces of its own, so only these three, written
// exactly so, are placeholders; and since no '{' in JSON is followed by a letter except inside a
// string, anything else of the form {word} is taken for a slip of the pen and refused. IAM's policy
// variables (${aws:username}) hold a colon and stay as they are. Who means "{word}" itself writes
// \u007b for the brace.

struct PlaceholderValues {
    std::string_view region;
    std::string_view account;
    std::string_view key_id;
};

/// The template with its placeholders replaced.
[[nodiscard]] std::string fill_template(std::string_view policy_template,
                                        const PlaceholderValues& values);

/// True where fill_template would change something.
[[nodiscard]] bool has_placeholder(std::string_view text);

/// The template with every placeholder replaced by a text of its length: the same offsets, and
/// valid JSON exactly where the filled template would be.
[[nodiscard]] std::string mask_placeholders(std::string_view policy_template);

/// Misspelt and unknown placeholders.
[[nodiscard]] std::vector<TextFinding> check_placeholders(std::string_view policy_template);

}  // namespace keyferry::planner
