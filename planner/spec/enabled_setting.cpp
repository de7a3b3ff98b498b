// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/enabled_setting.hpp"

#include "planner/spec/tag_list.hpp"

#include <fmt/format.h>

#include <string>
#include <variant>

namespace keyferry::planner {

EnabledSpec read_enabled(TableReader& group, DiagnosticList& problems) {
    const SpecNode* node = group.find("enabled");
    if (node == nullptr) {
        return EnabledSpec::yes;
    }
    if (const auto* is_enabled = std::get_if<bool>(&node->value)) {
        return *is_enabled ? EnabledSpec::yes : EnabledSpec::no;
    }
    const auto* word = std::get_if<std::string>(&node->value);
    if (word == nullptr || *word != kCopy) {
        problems.error(node->where,
                       fmt::format("enabled of {} must be true, false or \"copy\" (the state of "
                                   "each primary)",
                                   group.name()));
    }
    return EnabledSpec::copied;
}

}  // namespace keyferry::planner
