// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/service/fault_plan.hpp"

#include <string>

namespace keyferry::cli {

/// What the options --fault and --fault-file say together. The file has one item a line, as --fault
/// has them between commas; '#' starts a comment. Throws UsageError, which names the file
/// and the line, or the option.
[[nodiscard]] simulator::FaultSettings read_faults(const std::string& text,
                                                   const std::string& file);

}  // namespace keyferry::cli
