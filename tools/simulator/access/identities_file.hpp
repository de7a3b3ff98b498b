// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "tools/simulator/access/callers.hpp"

#include <string_view>

namespace keyferry::simulator {

/// Parses identities and roles in JSON, and adds them to `callers`. Only `access_key_id`,
/// `secret_access_key` and a role's `name` are required:
///
///     {"identities": [{"access_key_id": "AKIDREADER", "secret_access_key": "...",
///                      "session_token": "...", "account": "111122223333", "name": "user/reader",
///                      "allow": [{"actions": ["kms:Describe*"], "regions": ["eu-*"]}]}],
///      "roles": [{"name": "deployer", "account": "...", "external_id": "...", "web_token": "...",
///                 "allow": [...]}]}
///
/// `account` is the default account. Without `allow`, everything is allowed; without `regions`, all
/// Regions. Returns the number of identities and roles added; error messages name the invalid
/// member.
[[nodiscard]] io::Parsed<std::size_t> add_identities(std::string_view text,
                                                     const io::AccountId& account,
                                                     Callers& callers);

}  // namespace keyferry::simulator
