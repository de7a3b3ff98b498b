// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/model/grant_table.hpp"
#include "tools/simulator/values/json_object.hpp"

#include <boost/json/object.hpp>

namespace keyferry::simulator {

/// Appends the members of a grant's record, except for its key.
void append_grant(const Grant& grant, ObjectText& object);

/// Parses the members that append_grant() writes; throws std::exception if they are not valid.
[[nodiscard]] Grant grant_in(const boost::json::object& object);

}  // namespace keyferry::simulator
