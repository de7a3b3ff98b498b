// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"
#include "tools/simulator/values/packed_key_id.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

inline constexpr std::string_view kAliasPrefix = "alias/";

/// An alias in one account and Region.
struct Alias {
    std::string name;                             ///< "alias/orders"
    std::optional<PackedKeyId> target;            ///< nullopt for aliases reserved for AWS services
    std::int64_t created_ms = 0;                  ///< Unix epoch
    std::int64_t updated_ms = 0;                  ///< last time the target was set
    io::Moment visible_from = io::Moment::min();  ///< reads return the alias from this time on
};

/// The aliases of one account and Region, oldest first. Enforces no rules except unique names.
class AliasTable {
  public:
    /// Returns false if an alias with this name already exists.
    bool add(Alias alias);

    /// Returns nullptr if no alias has this name.
    [[nodiscard]] const Alias* find(std::string_view name) const;

    [[nodiscard]] std::span<const Alias> all() const noexcept { return aliases_; }

    /// The positions of one key's aliases in all().
    [[nodiscard]] std::span<const std::size_t> of(const PackedKeyId& target) const;

    // The following functions take time proportional to the number of aliases.

    /// Points an alias to another key; returns false if no alias has this name.
    bool retarget(std::string_view name, const PackedKeyId& target, std::int64_t updated_ms);

    /// Returns false if no alias has this name.
    bool remove(std::string_view name);

    /// Removes all aliases of a key.
    void remove_of(const PackedKeyId& target);

  private:
    void index(std::size_t position);
    void index_all();

    std::vector<Alias> aliases_;
    boost::unordered_flat_map<std::string, std::size_t> by_name_;
    boost::unordered_flat_map<PackedKeyId, std::vector<std::size_t>, PackedKeyIdHash> by_target_;
};

}  // namespace keyferry::simulator
