// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_arn.hpp"
#include "tools/simulator/model/kms_model.hpp"

#include <string>
#include <vector>

namespace keyferry::simulator {

/// A primary key that is there from the start.
struct StartingKey {
    io::KeyArn primary;
    SeededKey key;
    std::vector<std::string> aliases;  ///< "alias/orders"
};

/// False when the account has a key of this id already or the key cannot be; an alias that cannot
/// be is left out.
[[nodiscard]] bool add_starting_key(KmsModel& model, const StartingKey& key);

}  // namespace keyferry::simulator
