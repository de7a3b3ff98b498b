// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"
#include "io/names/region.hpp"

#include <optional>

namespace keyferry::engine {

/// Whether the Regions of all related keys in `metadata` are well-formed. A response with a
/// malformed Region is invalid and cannot be saved.
[[nodiscard]] bool has_regions(const io::KeyMetadata& metadata);

/// Returns the primary Region of a multi-Region key that was described in `place`. Returns nullopt
/// if the response is inconsistent or if the key is not a multi-Region key. While a primary moves
/// (UpdatePrimaryRegion), KMS may describe the new primary as a replica in the state Updating.
[[nodiscard]] std::optional<io::Region> primary_region(const io::KeyMetadata& metadata,
                                                       const io::Region& place);

/// Removes the ARNs to save memory, because 100,000 keys may have a million related keys.
[[nodiscard]] io::MultiRegionConfiguration regions_only(io::MultiRegionConfiguration configuration);

}  // namespace keyferry::engine
