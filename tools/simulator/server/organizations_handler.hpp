// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/access/organization.hpp"
#include "tools/simulator/server/json_service.hpp"
#include "tools/simulator/values/sliding_count.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace keyferry::simulator {

/// The subset of AWS Organizations that lists accounts: DescribeOrganization, ListAccounts,
/// ListRoots, ListOrganizationalUnitsForParent, ListAccountsForParent and ListTagsForResource, for
/// the management account and delegated administrators. The caller's policies are not evaluated.
class OrganizationsHandler {
  public:
    OrganizationsHandler(SimulatedKms& kms, Callers& callers)
        : callers_(callers),
          service_(kms,
                   callers,
                   "organizations",
                   "AWSOrganizationsV20161128.",
                   [this](const JsonCall& call) { return serve(call); }) {}

    /// Without an organization, every request fails with AWSOrganizationsNotInUseException. With
    /// one, service control policies do not affect its management account.
    void use(Organization organization) {
        callers_.set_management_account(organization.management_account);
        organization_ = std::move(organization);
    }

    /// Returns nullopt if the request is for another service.
    std::optional<HandlerResponse> respond(const io::SignableRequest& request,
                                           const SimulatedTime& time) {
        return service_.respond(request, time);
    }

  private:
    JsonServiceResult serve(const JsonCall& call);
    [[nodiscard]] JsonServiceResult describe() const;
    [[nodiscard]] JsonServiceResult list_accounts(const JsonCall& call,
                                                  std::optional<std::string_view> parent) const;
    [[nodiscard]] JsonServiceResult list_units(const JsonCall& call) const;
    [[nodiscard]] JsonServiceResult list_roots() const;
    [[nodiscard]] JsonServiceResult list_tags(const JsonCall& call) const;
    template <typename Item, typename Append>
    [[nodiscard]] JsonServiceResult list(const JsonCall& call,
                                         std::string_view member,
                                         const std::vector<const Item*>& items,
                                         Append append) const;

    Callers& callers_;
    std::optional<Organization> organization_;
    std::map<std::pair<std::string, std::string>, SlidingCount> calls_;  ///< by account, operation
    JsonService service_;
};

}  // namespace keyferry::simulator
