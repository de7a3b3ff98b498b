// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Appends `text` (UTF-8) as a quoted JSON string. Boost.JSON's serializer would require building a
/// value first, but this function runs several times for each of up to 30,000 responses per second.
void append_json_string(std::string_view text, std::string& json);

}  // namespace keyferry::simulator
