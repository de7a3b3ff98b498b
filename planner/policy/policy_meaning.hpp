// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::planner {

/// A text that is the same for policies which say the same to IAM: canonical_policy with, besides,
/// the root user of an account named by the account, action names in small letters, and lists of
/// one as that one. To compare, not to send: KMS rewrites the forms that it was given. A text that
/// is no policy means itself. Two policies may still say the same in other words.
[[nodiscard]] std::string policy_meaning(std::string_view policy);

}  // namespace keyferry::planner
