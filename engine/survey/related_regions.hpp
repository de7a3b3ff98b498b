// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"

namespace keyferry::engine {

/// Whether all Regions of related keys in `metadata` are well-formed. A response with a malformed
/// Region is invalid and could not be saved.
[[nodiscard]] bool has_regions(const io::KeyMetadata& metadata);

}  // namespace keyferry::engine
