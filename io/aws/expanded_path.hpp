// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/environment.hpp"

#include <string>
#include <string_view>

namespace keyferry::io {

/// Returns `path` with $NAME and ${NAME} replaced by the values of variables, and then "~" or "~/"
/// at the beginning replaced by HOME, as botocore does it for AWS_CONFIG_FILE. Unset variables, and
/// "~" if HOME is not set or empty, are not replaced, and neither is the home folder of another
/// user
/// ("~name").
[[nodiscard]] std::string expanded_path(std::string_view path, const Environment& environment);

}  // namespace keyferry::io
