// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_arn.hpp"
#include "tools/simulator/model/kms_model.hpp"

#include <string>
#include <vector>

namespace keyferry::simulator {

/// A primary key that exists when the simulator starts.
struct StartingKey {
    io::KeyArn primary;
    SeededKey key;
    std::vector<std::string> aliases;  ///< "alias/orders"
};

/// Adds a key to the model. Returns false if the account already has a key with this ID or if the
/// key is not valid. Invalid aliases are skipped.
[[nodiscard]] bool add_starting_key(KmsModel& model, const StartingKey& key);

}  // namespace keyferry::simulator
