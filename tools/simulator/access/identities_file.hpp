// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "tools/simulator/access/callers.hpp"

#include <string_view>

namespace keyferry::simulator {

/// Reads identities and roles, and adds them. The text is JSON; all but `access_key_id`,
/// `secret_access_key` and the role's `name` may be left out:
///
///     {"identities": [{"access_key_id": "AKIDREADER", "secret_access_key": "...",
///                      "session_token": "...", "account": "111122223333", "name": "user/reader",
///                      "allow": [{"actions": ["kms:Describe*"], "regions": ["eu-*"]}]}],
///      "roles": [{"name": "deployer", "account": "...", "external_id": "...", "web_token": "...",
///                 "allow": [...]}]}
///
/// Without `allow` everything is allowed; `regions` is by default all. Returns how many were added;
/// the problem's text says which member is wrong.
[[nodiscard]] io::Parsed<std::size_t> add_identities(std::string_view text,
                                                     const io::AccountId& account,
                                                     Callers& callers);

}  // namespace keyferry::simulator
