// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/plan_checks.hpp"

#include <cstddef>

namespace keyferry::cli {

void add_without_spec_option(Command& command, PlanChecks& checks) {
    command.flag("--without-spec",
                 checks.without_spec,
                 "Use a saved plan without comparing it with its spec, for example because the "
                 "spec is not on this machine or has changed");
}

void add_expect_sha256_option(Command& command, PlanChecks& checks) {
    command
        .parsed_option(
            "--expect-sha256",
            [&checks](const std::string& text) {
                constexpr std::size_t kDigits = 64;
                if (text.size() != kDigits ||
                    text.find_first_not_of("0123456789abcdef") != std::string::npos) {
                    throw UsageError("--expect-sha256",
                                     "expected the plan's SHA-256 as 64 lowercase hexadecimal "
                                     "digits, as printed by 'keyferry show PLAN --json'");
                }
                checks.expect_sha256 = text;
            },
            "Accept only the saved plan with this SHA-256, taken from the review; all 64 digits "
            "are required, because a plan whose first digits match can be forged")
        .type_name("HEX");
}

}  // namespace keyferry::cli
