// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/command_error.hpp"

#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

namespace keyferry::cli {

KmsRefusal::KmsRefusal(std::string error)
    : CommandError(exit_permission,
                   {"stopped because KMS would refuse every call: " + error,
                    "fix the credentials or the clock, then run the command again"}),
      error_(std::move(error)) {}

void log_error(const CommandError& error) {
    for (const std::string& line : error.lines()) {
        log_error(line);
    }
}

}  // namespace keyferry::cli
