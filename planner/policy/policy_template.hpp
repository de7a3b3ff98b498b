// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/text_finding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

// A policy template is JSON in which {region}, {account} and {key_id} stand for the replica's
// Region, account and key ID. JSON uses braces itself, so only these three exact forms are
// placeholders. In JSON, a letter can follow '{' only inside a string, so any other {word} is
// treated as a typo and rejected. IAM policy variables (${aws:username}) contain a colon and are
// not affected. To write a literal "{word}", use \u007b for the brace.

struct PlaceholderValues {
    std::string_view region;
    std::string_view account;
    std::string_view key_id;
};

/// Returns the template with its placeholders replaced.
[[nodiscard]] std::string fill_template(std::string_view policy_template,
                                        const PlaceholderValues& values);

/// Returns whether fill_template would change `text`.
[[nodiscard]] bool has_placeholder(std::string_view text);

/// Replaces every placeholder with text of the same length, so that offsets stay the same and the
/// result is valid JSON if and only if the filled template is.
[[nodiscard]] std::string mask_placeholders(std::string_view policy_template);

/// Reports misspelled and unknown placeholders.
[[nodiscard]] std::vector<TextFinding> check_placeholders(std::string_view policy_template);

}  // namespace keyferry::planner
