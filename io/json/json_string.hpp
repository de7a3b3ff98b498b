// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::io {

/// Appends `text` (UTF-8) as a quoted JSON string. Boost.JSON is not used because it would have to
/// build a value first, and this function is called several times for each request and, in the
/// simulator, for each response.
void append_json_string(std::string_view text, std::string& json);

}  // namespace keyferry::io
