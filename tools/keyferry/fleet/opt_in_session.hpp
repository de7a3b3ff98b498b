// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/account/list_regions.hpp"
#include "tools/keyferry/fleet/kms_session.hpp"

#include <chrono>
#include <optional>

namespace keyferry::cli {

/// Requests the opt-in status of the account's Regions; returns nullopt if it is not available (see
/// KmsAccess::region_opt_ins). `kms_ahead` is how far AWS's clock is ahead of this machine's.
[[nodiscard]] std::optional<io::RegionOptIns> ask_opt_ins(KmsSession& session,
                                                          std::chrono::milliseconds kms_ahead);

}  // namespace keyferry::cli
