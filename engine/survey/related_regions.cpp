// SPDX-License-Identifier: Apache-2.0
#include "engine/survey/related_regions.hpp"

#include <algorithm>

namespace keyferry::engine {

bool has_regions(const io::KeyMetadata& metadata) {
    if (!metadata.multi_region_configuration) {
        return true;
    }
    const auto is_region = [](const io::RelatedKey& key) {
        return static_cast<bool>(io::Region::parse(key.region));
    };
    const io::MultiRegionConfiguration& configuration = *metadata.multi_region_configuration;
    return (!configuration.primary_key || is_region(*configuration.primary_key)) &&
           std::all_of(
               configuration.replica_keys.begin(), configuration.replica_keys.end(), is_region);
}

std::optional<io::Region> primary_region(const io::KeyMetadata& metadata, const io::Region& place) {
    if (!metadata.multi_region_configuration || !has_regions(metadata) ||
        !metadata.multi_region_configuration->primary_key) {
        return std::nullopt;
    }
    const io::MultiRegionConfiguration& configuration = *metadata.multi_region_configuration;
    const io::Region region = io::Region::parse(configuration.primary_key->region).value();
    const bool is_primary = configuration.type == io::MultiRegionKeyType::primary;
    const bool is_moving = !is_primary && metadata.key_state == io::KeyState::updating;
    return (is_moving || is_primary == (region == place)) &&
                   &region.partition() == &place.partition()
               ? std::optional(region)
               : std::nullopt;
}

io::MultiRegionConfiguration regions_only(io::MultiRegionConfiguration configuration) {
    for (io::RelatedKey& related : configuration.replica_keys) {
        related.arn = {};
    }
    return configuration;
}

}  // namespace keyferry::engine
