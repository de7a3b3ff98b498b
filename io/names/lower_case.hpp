// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::io {

/// `text` with ASCII's letters small, in no locale: as names of hosts, headers and IAM's actions
/// are compared.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace keyferry::io
