// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/known_principals.hpp"

#include <algorithm>

namespace keyferry::simulator {

bool KnownPrincipals::exists(const std::string& principal, io::Moment now) const {
    const bool is_arn = principal.compare(0, 4, "arn:") == 0;
    const bool is_user_or_role = is_arn ? principal.find(":user/") != std::string::npos ||
                                              principal.find(":role/") != std::string::npos
                                        : principal.compare(0, 1, "A") == 0;  // a unique ID
    if (!is_user_or_role) {
        return true;
    }
    const auto found = principals_.find(principal);
    return found != principals_.end() && found->second.from <= now && now < found->second.until;
}

bool KnownPrincipals::exist_all(const PolicyDocument& policy, io::Moment now) const {
    if (principals_.empty()) {
        return true;
    }
    return std::all_of(
        policy.statements.begin(), policy.statements.end(), [&](const PolicyStatement& statement) {
            return !statement.principals ||
                   std::all_of(statement.principals->aws.begin(),
                               statement.principals->aws.end(),
                               [&](const std::string& each) { return exists(each, now); });
        });
}

bool KnownPrincipals::exists_as_grantee(const std::string& principal, io::Moment now) const {
    return is_aws_principal(principal) && (principals_.empty() || exists(principal, now));
}

}  // namespace keyferry::simulator
