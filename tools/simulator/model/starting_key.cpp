// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/starting_key.hpp"

namespace keyferry::simulator {

bool add_starting_key(KmsModel& model, const StartingKey& key) {
    if (!model.add_primary_key(key.primary, key.key)) {
        return false;
    }
    const io::AccountRegion place(key.primary.account, key.primary.region);
    for (const std::string& alias : key.aliases) {
        static_cast<void>(model.add_alias(place, alias, key.primary, key.key.created));
    }
    return true;
}

}  // namespace keyferry::simulator
