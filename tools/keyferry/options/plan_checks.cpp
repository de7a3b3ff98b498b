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
                                     "expected all 64 hexadecimal digits, in lower case, of the "
                                     "plan's SHA-256, as 'keyferry show PLAN --json' prints it");
                }
                checks.expect_sha256 = text;
            },
            "Refuse a saved plan with another SHA-256 than the one that was reviewed; all 64 "
            "digits are required, because the beginning of a hash can be forged")
        .type_name("HEX");
}

}  // namespace keyferry::cli
