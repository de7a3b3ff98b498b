// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::io {

/// Returns `text` with ASCII letters in lower case, regardless of the locale. Used to compare host
/// names, header names and IAM actions.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace keyferry::io
