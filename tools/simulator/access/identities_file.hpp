// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"
#include "tools/simulator/access/callers.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// A user or role that exists and that key policies may therefore name.
struct KnownPrincipal {
    std::string arn;
    /// When the principal starts to exist, relative to the simulator's start.
    std::chrono::nanoseconds exists_after{0};
    std::optional<std::chrono::nanoseconds> exists_until;
};

struct IdentitiesFile {
    std::size_t identities = 0;              ///< identities and roles that were added
    std::vector<KnownPrincipal> principals;  ///< empty: key policies may name any principal
};

/// Parses identities and roles in JSON, and adds them to `callers`. Only `access_key_id`,
/// `secret_access_key` and a role's `name` are required:
///
///     {"identities": [{"access_key_id": "AKIDREADER", "secret_access_key": "...",
///                      "session_token": "...", "account": "111122223333", "name": "user/reader",
///                      "policy": {"Version": "2012-10-17", "Statement": [...]},
///                      "context": {"aws:PrincipalTag/team": "cards"}}],
///      "roles": [{"name": "deployer", "account": "...", "external_id": "...", "web_token": "...",
///                 "allow": [{"actions": ["kms:Describe*"], "regions": ["eu-*"]}]}],
///      "service_control_policies": [{"Version": "2012-10-17", "Statement": [...]}],
///      "managed_policies": {"arn:aws:iam::111122223333:policy/read": {"Statement": [...]}},
///      "principals": ["arn:aws:iam::111122223333:role/app",
///                     {"arn": "...", "exists_after": "2m", "exists_until": "1h"}]}
///
/// `account` is the default account. `policy` is an IAM policy or a list of them; `allow` is a
/// short form; an entry without `regions` applies to all Regions. An identity with neither of the
/// two is an administrator of its account. `context` sets condition keys of the identity's
/// requests, overriding their usual values. `managed_policies` can be used as session policies.
/// Error messages name the invalid member.
[[nodiscard]] io::Parsed<IdentitiesFile> add_identities(std::string_view text,
                                                        const io::AccountId& account,
                                                        Callers& callers);

}  // namespace keyferry::simulator
