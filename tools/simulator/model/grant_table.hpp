// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/requests/grant_requests.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace keyferry::simulator {

/// A grant for one key. Related keys in other Regions have separate grants.
struct Grant {
    std::string id;  ///< 64 hexadecimal digits
    std::int64_t created_ms = 0;
    std::string issuing_account;  ///< 12 digits
    std::string name;             ///< empty: none
    std::optional<std::string> grantee;
    std::optional<std::string> grantee_service;
    std::optional<std::string> retiring;
    std::optional<std::string> retiring_service;
    std::vector<std::string> operations;
    GrantConstraints constraints;
};

/// The grants of all keys. Enforces no rules.
class GrantTable {
  public:
    /// Account, key ID (two halves) and Region, as in KmsModel.
    using Key = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, std::uint32_t>;

    /// The grants of a key in order of creation; nullptr if there are none.
    [[nodiscard]] const std::vector<Grant>* of(const Key& key) const {
        const auto found = grants_.find(key);
        return found == grants_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] const Grant* find(const Key& key, std::string_view id) const;
    Grant& add(const Key& key, Grant grant) { return grants_[key].emplace_back(std::move(grant)); }
    /// Returns false if the key has no such grant.
    bool remove(const Key& key, std::string_view id);
    void remove_all(const Key& key) { grants_.erase(key); }
    [[nodiscard]] const std::map<Key, std::vector<Grant>>& all() const noexcept { return grants_; }

  private:
    std::map<Key, std::vector<Grant>> grants_;
};

}  // namespace keyferry::simulator
