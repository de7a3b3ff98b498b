// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"

namespace keyferry::engine {

/// Whether every Region that the answer names for related keys has the form of one. An answer of
/// which one has not makes no sense, and could not be saved.
[[nodiscard]] bool has_regions(const io::KeyMetadata& metadata);

}  // namespace keyferry::engine
