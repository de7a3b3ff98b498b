// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/report/key_sections.hpp"
#include "tools/keyferry/fleet/kms_session.hpp"

#include <cstdint>
#include <vector>

namespace keyferry::cli {

/// Describes the key with index `key` in the Region of its primary and in those of its replicas, in
/// this order. Throws CommandError like CallSession::run().
[[nodiscard]] std::vector<planner::KeyDescription> describe_key(const planner::Plan& plan,
                                                                std::uint32_t key,
                                                                KmsSession& session);

}  // namespace keyferry::cli
