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
    return fmt::format(
        "arn:{}:{}::{}:{}", partition, is_session() ? "sts" : "iam", account.digits(), name);
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
