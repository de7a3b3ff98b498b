// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"
#include "io/names/parsed.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// An organizational unit.
struct OrganizationUnit {
    std::string id;      ///< "ou-a1b2-0c9d8e7f"
    std::string name;    ///< "cards"
    std::string parent;  ///< the ID of the root or of another unit
    std::string path;    ///< "o-.../r-.../ou-.../", as in the member Path of AWS Organizations
};

/// An account of the organization.
struct OrganizationAccount {
    io::AccountId id;
    std::string name;
    std::string email;
    std::string state;   ///< one of AWS's AccountState: "ACTIVE", "SUSPENDED", ...
    std::string parent;  ///< the ID of the root or of a unit
    std::string path;    ///< path of the parent, followed by the account ID
    std::map<std::string, std::string> tags;
};

/// The parts of an AWS organization that KMS clients read.
struct Organization {
    std::string id;       ///< "o-..."
    std::string root_id;  ///< "r-..."
    io::AccountId management_account;
    std::vector<io::AccountId> delegated_administrators;
    std::vector<OrganizationUnit> units;
    std::vector<OrganizationAccount> accounts;
    std::size_t page_size = 20;  ///< AWS's maximum
    /// Whether every other page of a list is empty but has a NextToken, which AWS's API reference
    /// allows.
    bool has_empty_pages = false;
    std::size_t requests_per_second_max = 10;  ///< per operation; the value is an assumption

    /// Whether `account` may list the accounts. Only the management account and delegated
    /// administrators may.
    [[nodiscard]] bool may_list(const io::AccountId& account) const;
    /// Whether `id` is the root or a unit.
    [[nodiscard]] bool has_parent(std::string_view id) const;
};

/// Parses an organization in JSON. Only `management_account` is required:
///
///     {"management_account": "111122223333", "delegated_administrators": ["444455556666"],
///      "accounts": [{"id": "444455556666", "name": "cards", "email": "cards@example.com",
///                    "state": "ACTIVE", "unit": "prod/cards", "tags": {"env": "prod"}}],
///      "page_size": 20, "empty_pages": false, "requests_per_second": 10}
///
/// `unit` is a path of unit names below the root; without it, the account is in the root. The IDs
/// of units are derived from their paths, so the same file always has the same IDs. Error messages
/// name the invalid member.
[[nodiscard]] io::Parsed<Organization> parse_organization(std::string_view text);

}  // namespace keyferry::simulator
