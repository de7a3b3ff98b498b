// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyferry::test {

/// The path of `file`, which is relative to the root of this checkout. The root is compiled into
/// one file, so that a compiler cache serves all other tests in every checkout.
[[nodiscard]] std::string source_path(const std::string& file);

}  // namespace keyferry::test
