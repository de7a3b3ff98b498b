#include "engine/survey/related_regions.hpp"

#include "io/names/region.hpp"

#include <algorithm>

namespace keyferry {

bool has_regions(const KeyMetadata& metadata) {
    if (!metadata.multi_region_configuration) {
        return true;
    }
    const auto is_region = [](const RelatedKey& key) {
        return static_cast<bool>(Region::parse(key.region));
    };
    const MultiRegionConfiguration& configuration = *metadata.multi_region_configuration;
    return (!configuration.primary_key || is_region(*configuration.primary_key)) &&
           std::all_of(
               configuration.replica_keys.begin(), configuration.replica_keys.end(), is_region);
}

}  // namespace keyferry
