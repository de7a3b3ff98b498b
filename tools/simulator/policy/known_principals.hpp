// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "tools/simulator/policy/policy_document.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace keyferry::simulator {

/// The users and roles that exist. KMS refuses key policies with others; IAM is eventually
/// consistent, so a new one is unknown to KMS for a while (AWS re:Post and terraform-provider-aws
/// describe delays of up to minutes).
class KnownPrincipals {
  public:
    static constexpr std::size_t kMax = 100'000;

    /// When a principal exists: from `from` until just before `until`.
    struct Lifetime {
        io::Moment from = io::Moment::min();
        io::Moment until = io::Moment::max();
    };

    /// Adds a user or role by its ARN or unique ID. Ignores further ones after kMax.
    void add(const std::string& principal, const Lifetime& lifetime) {
        if (principals_.size() < kMax) {
            principals_[principal] = lifetime;
        }
    }

    /// Whether all users and roles in `policy` exist. Accounts and sessions always do. If none has
    /// been added, every principal exists.
    [[nodiscard]] bool exist_all(const PolicyDocument& policy, io::Moment now) const;

    /// Whether `principal` can be the grantee or retiring principal of a grant: it has the form of
    /// an AWS principal and exists.
    [[nodiscard]] bool exists_as_grantee(const std::string& principal, io::Moment now) const;

  private:
    [[nodiscard]] bool exists(const std::string& principal, io::Moment now) const;

    std::map<std::string, Lifetime, std::less<>> principals_;
};

}  // namespace keyferry::simulator
