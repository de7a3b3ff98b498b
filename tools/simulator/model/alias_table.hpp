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

/// A name for a key in one account and Region.
struct Alias {
    std::string name;                   ///< "alias/orders"
    std::optional<PackedKeyId> target;  ///< nothing for those that AWS keeps for its services
    std::int64_t created_ms = 0;        ///< Unix epoch
    std::int64_t updated_ms = 0;        ///< when it last was given a target
    io::Moment seen_from = io::Moment::min();  ///< until then nobody sees it
};

/// The aliases of one account and Region, oldest first. Knows no rules but that names differ.
class AliasTable {
  public:
    /// False when there is an alias of this name.
    bool add(Alias alias);

    /// nullptr where there is none.
    [[nodiscard]] const Alias* find(std::string_view name) const;

    [[nodiscard]] std::span<const Alias> all() const noexcept { return aliases_; }

    /// The positions in all() of the aliases of one key.
    [[nodiscard]] std::span<const std::size_t> of(const PackedKeyId& target) const;

    // Those that follow cost time by the number of aliases.

    /// Gives an alias another key; false when there is none of this name.
    bool retarget(std::string_view name, const PackedKeyId& target, std::int64_t updated_ms);

    /// False when there is none of this name.
    bool remove(std::string_view name);

    /// The aliases of a key go with it.
    void remove_of(const PackedKeyId& target);

  private:
    void index(std::size_t position);
    void index_all();

    std::vector<Alias> aliases_;
    boost::unordered_flat_map<std::string, std::size_t> by_name_;
    boost::unordered_flat_map<PackedKeyId, std::vector<std::size_t>, PackedKeyIdHash> by_target_;
};

}  // namespace keyferry::simulator
