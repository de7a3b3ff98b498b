// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/access/organization.hpp"

#include "tools/simulator/access/file_members.hpp"
#include "tools/simulator/values/fnv1a.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> kAccountStates{
    "PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"};
constexpr std::size_t kPageSizeMax = 20;
constexpr std::size_t kAccountsMax = 100'000;
constexpr std::size_t kRequestsPerSecondMax = 1'000'000;

/// Letters and digits that depend only on `text`, in the style of AWS Organizations IDs.
std::string id_letters(std::string_view text, std::size_t length) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
    constexpr std::uint64_t kStep =
        0x100000001b3U;  // so that long IDs do not end in repeated letters
    std::uint64_t hash = fnv1a_64(text);
    std::string letters;
    for (std::size_t i = 0; i < length; ++i) {
        letters.push_back(kLetters[hash % kLetters.size()]);
        hash = hash / kLetters.size() + kStep;
    }
    return letters;
}

class OrganizationReader {
  public:
    explicit OrganizationReader(const json::value& document)
        : members_(object_with(document,
                               "the file",
                               {"management_account",
                                "delegated_administrators",
                                "accounts",
                                "page_size",
                                "empty_pages",
                                "requests_per_second"})),
          made_{"", "", account_in(text_member(members_, "management_account", "")), {}, {}, {}} {}

    Organization read() {
        made_.id = "o-" + id_letters(made_.management_account.digits(), 10);
        made_.root_id = "r-" + id_letters(made_.id, 4);
        for (const json::value& each : list_member(members_, "delegated_administrators")) {
            if (!each.is_string()) {
                throw std::runtime_error("\"delegated_administrators\" must be a list of accounts");
            }
            made_.delegated_administrators.push_back(account_in(std::string(each.get_string())));
        }
        for (const json::value& each : list_member(members_, "accounts")) {
            add_account(each);
        }
        if (!listed_.contains(made_.management_account)) {
            add(made_.management_account, "management", {});
        }
        made_.page_size = number_of("page_size", made_.page_size, kPageSizeMax);
        made_.requests_per_second_max =
            number_of("requests_per_second", made_.requests_per_second_max, kRequestsPerSecondMax);
        if (const json::value* flag = members_.if_contains("empty_pages")) {
            if (!flag->is_bool()) {
                throw std::runtime_error("\"empty_pages\" must be true or false");
            }
            made_.has_empty_pages = flag->get_bool();
        }
        return std::move(made_);
    }

  private:
    std::size_t number_of(std::string_view name,
                          std::size_t otherwise,
                          std::size_t number_max) const {
        const json::value* value = members_.if_contains(name);
        if (value == nullptr) {
            return otherwise;
        }
        json::error_code error;
        const auto number = value->to_number<std::uint64_t>(error);
        if (error || number < 1 || number > number_max) {
            throw std::runtime_error(
                fmt::format("\"{}\" must be a whole number from 1 to {}", name, number_max));
        }
        return number;
    }

    void add_account(const json::value& value) {
        const json::object& each =
            object_with(value, "an account", {"id", "name", "email", "state", "unit", "tags"});
        const io::AccountId id = account_in(text_member(each, "id", ""));
        OrganizationAccount& added = add(
            id, text_member(each, "name", "account-" + id.digits()), text_member(each, "unit", ""));
        added.email = text_member(each, "email", added.email);
        added.state = text_member(each, "state", added.state);
        if (std::find(kAccountStates.begin(), kAccountStates.end(), added.state) ==
            kAccountStates.end()) {
            throw std::runtime_error(
                fmt::format("account {} has the unknown state \"{}\"; expected "
                            "PENDING_ACTIVATION, ACTIVE, SUSPENDED, "
                            "PENDING_CLOSURE or CLOSED",
                            id.digits(),
                            added.state));
        }
        if (const json::value* tags = each.if_contains("tags")) {
            if (!tags->is_object()) {
                throw std::runtime_error("\"tags\" must be an object of strings");
            }
            for (const auto& tag : tags->get_object()) {
                const std::string key = tag.key();
                added.tags[key] = text_member(tags->get_object(), key, "");
            }
        }
    }

    OrganizationAccount& add(const io::AccountId& id,
                             const std::string& name,
                             std::string_view unit) {
        if (!listed_.insert(id).second) {
            throw std::runtime_error(fmt::format("account {} is listed twice", id.digits()));
        }
        if (made_.accounts.size() >= kAccountsMax) {
            throw std::runtime_error(fmt::format("more than {} accounts", kAccountsMax));
        }
        OrganizationAccount added{id, name, "", "ACTIVE", "", "", {}};
        added.email = id.digits() + "@example.com";
        std::tie(added.parent, added.path) = parent_named(unit);
        added.path += id.digits() + "/";
        return made_.accounts.emplace_back(std::move(added));
    }

    /// Returns the ID and the path of the unit with these names. Adds the unit if it does not
    /// exist.
    std::pair<std::string, std::string> parent_named(std::string_view names) {
        std::string id = made_.root_id;
        std::string path = made_.id + "/" + made_.root_id + "/";
        std::size_t begin = 0;
        while (begin < names.size()) {
            const std::size_t end = std::min(names.find('/', begin), names.size());
            const std::string_view name = names.substr(begin, end - begin);
            if (name.empty()) {
                throw std::runtime_error(
                    fmt::format("the unit \"{}\" contains an empty name", names));
            }
            const std::string unit_id = fmt::format(
                "ou-{}-{}", made_.root_id.substr(2), id_letters(names.substr(0, end), 8));
            path += unit_id + "/";
            if (units_.insert(unit_id).second) {
                made_.units.push_back(OrganizationUnit{unit_id, std::string(name), id, path});
            }
            id = unit_id;
            begin = end + 1;
        }
        return {id, path};
    }

    const json::object& members_;
    std::set<io::AccountId> listed_;  ///< the accounts of made_
    std::set<std::string> units_;     ///< the IDs of the units of made_
    Organization made_;
};

}  // namespace

bool Organization::may_list(const io::AccountId& account) const {
    return account == management_account ||
           std::find(delegated_administrators.begin(), delegated_administrators.end(), account) !=
               delegated_administrators.end();
}

bool Organization::has_parent(std::string_view parent_id) const {
    return parent_id == root_id ||
           std::any_of(units.begin(), units.end(), [&](const OrganizationUnit& unit) {
               return unit.id == parent_id;
           });
}

io::Parsed<Organization> parse_organization(std::string_view text) {
    return parse_json_file(
        text, [](const json::value& document) { return OrganizationReader(document).read(); });
}

}  // namespace keyferry::simulator
