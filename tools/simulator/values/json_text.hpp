// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Appends `text`, which is UTF-8, as a JSON string with its quotes. Boost.JSON's serializer would
/// need a value built first; this runs several times for each of 30,000 answers a second.
void append_json_string(std::string_view text, std::string& json);

}  // namespace keyferry::simulator
