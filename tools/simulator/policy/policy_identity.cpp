// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/policy_identity.hpp"

#include <fmt/format.h>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kSession = "assumed-role/";

}  // namespace

bool PolicyIdentity::is_session() const {
    return std::string_view(name).substr(0, kSession.size()) == kSession;
}

std::string PolicyIdentity::arn(std::string_view partition) const {
    if (!is_session()) {
        return fmt::format("arn:{}:iam::{}:{}", partition, account.digits(), name);
    }
    // The ARN of a session does not contain the path of its role.
    std::string_view session = std::string_view(name).substr(kSession.size());
    const std::size_t role_end = session.rfind('/');
    if (role_end != std::string_view::npos && role_end > 0) {
        const std::size_t path_end = session.rfind('/', role_end - 1);
        session.remove_prefix(path_end == std::string_view::npos ? 0 : path_end + 1);
    }
    return fmt::format("arn:{}:sts::{}:{}{}", partition, account.digits(), kSession, session);
}

std::string PolicyIdentity::principal_arn(std::string_view partition) const {
    if (!is_session()) {
        return arn(partition);
    }
    const std::string_view role = std::string_view(name).substr(kSession.size());
    return fmt::format(
        "arn:{}:iam::{}:role/{}", partition, account.digits(), role.substr(0, role.rfind('/')));
}

}  // namespace keyferry::simulator
