// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "tools/simulator/policy/policy_document.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace keyferry::simulator {

/// The users and roles that exist. KMS rejects key policies with other users and roles. IAM is
/// eventually consistent, so KMS does not recognize a new principal for some time (AWS re:Post and
/// terraform-provider-aws describe delays of up to minutes).
class KnownPrincipals {
  public:
    static constexpr std::size_t kMax = 100'000;

    /// The period in which a principal exists; `until` is exclusive.
    struct Lifetime {
        io::Moment from = io::Moment::min();
        io::Moment until = io::Moment::max();
    };

    /// Adds a user or role by its ARN or unique ID. Does nothing if there are already kMax
    /// principals.
    void add(const std::string& principal, const Lifetime& lifetime) {
        if (principals_.size() < kMax) {
            principals_[principal] = lifetime;
        }
    }

    /// Whether all users and roles in `policy` exist. Accounts and sessions always exist. If no
    /// principal has been added, all principals exist.
    [[nodiscard]] bool exist_all(const PolicyDocument& policy, io::Moment now) const;

    /// Whether `principal` can be the grantee or retiring principal of a grant: it has the form of
    /// an AWS principal and exists.
    [[nodiscard]] bool exists_as_grantee(const std::string& principal, io::Moment now) const;

  private:
    [[nodiscard]] bool exists(const std::string& principal, io::Moment now) const;

    std::map<std::string, Lifetime, std::less<>> principals_;
};

}  // namespace keyferry::simulator
