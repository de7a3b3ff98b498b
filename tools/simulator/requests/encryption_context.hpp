// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace keyferry::simulator {

/// Additional authenticated data of symmetric encryption: names and values, in any order.
using EncryptionContext = std::map<std::string, std::string>;

}  // namespace keyferry::simulator
