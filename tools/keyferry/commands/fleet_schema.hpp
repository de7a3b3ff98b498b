// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::cli {

/// The JSON Schema of fleet specs: the content of configs/fleet.schema.json at build time.
[[nodiscard]] std::string_view fleet_schema() noexcept;

}  // namespace keyferry::cli
