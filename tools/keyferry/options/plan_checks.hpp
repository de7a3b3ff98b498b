// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/command_line/command_line.hpp"

#include <string>

namespace keyferry::cli {

/// How a command checks a saved plan.
struct PlanChecks {
    bool without_spec = false;
    std::string expect_sha256;  ///< 64 hexadecimal digits; empty: any plan
};

/// Adds --without-spec.
void add_without_spec_option(Command& command, PlanChecks& checks);

/// Adds --expect-sha256.
void add_expect_sha256_option(Command& command, PlanChecks& checks);

}  // namespace keyferry::cli
