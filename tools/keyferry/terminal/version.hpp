// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace keyferry::cli {

inline constexpr const char* kVersion = "0.1.0";

/// Name and version for journals and --version.
inline constexpr const char* kToolVersion = "keyferry 0.1.0";

}  // namespace keyferry::cli
