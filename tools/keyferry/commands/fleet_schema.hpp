// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::cli {

/// The JSON Schema of a fleet spec: configs/fleet.schema.json as it was when this was built.
[[nodiscard]] std::string_view fleet_schema() noexcept;

}  // namespace keyferry::cli
