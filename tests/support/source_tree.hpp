// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyferry::test {

/// Returns the path of `file`, which is relative to the root of this checkout. The root is compiled
/// into only one file, so that a compiler cache can serve all other tests in every checkout.
[[nodiscard]] std::string source_path(const std::string& file);

}  // namespace keyferry::test
