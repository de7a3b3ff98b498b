// SPDX-License-Identifier: Apache-2.0
#include "engine/survey/related_regions.hpp"

#include "io/names/region.hpp"

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

}  // namespace keyferry::engine
