// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/service/fault_plan.hpp"

#include <string>

namespace keyferry::cli {

/// Parses --fault and --fault-file together. The file has one item per line in the syntax of
/// --fault; '#' starts a comment. Throws a UsageError that names the file and line, or the option.
[[nodiscard]] simulator::FaultSettings read_faults(const std::string& text,
                                                   const std::string& file);

}  // namespace keyferry::cli
