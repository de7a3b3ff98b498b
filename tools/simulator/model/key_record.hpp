// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/model/key_life.hpp"
#include "tools/simulator/model/key_table.hpp"
#include "tools/simulator/values/name_table.hpp"
#include "tools/simulator/values/simulated_time.hpp"

#include <boost/json/object.hpp>

#include <string>

// Parts of a key's record as JSON. Times are written as wall time, so that records remain valid
// after a restart. The functions that parse records throw std::exception if a record is not valid.

namespace keyferry::simulator {

void append_life(const KeyLife& life, const NameTable& names, std::string& text);
[[nodiscard]] KeyLife life_in(const boost::json::object& object, NameTable& names);

/// `names` and `texts` are those of the KeyTable.
void append_regional(const RegionalKey& key,
                     const NameTable& names,
                     const NameTable& texts,
                     const SimulatedTime& time,
                     std::string& text);
[[nodiscard]] RegionalKey regional_in(const boost::json::object& object,
                                      NameTable& names,
                                      NameTable& texts,
                                      const SimulatedTime& time);

}  // namespace keyferry::simulator
