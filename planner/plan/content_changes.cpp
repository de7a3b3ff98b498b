// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/content_changes.hpp"

namespace keyferry::planner {

std::vector<ChangedContent> content_changes(const Plan& plan, const KeyContents& now) {
    std::vector<ChangedContent> changes;
    for (std::uint32_t key = 0; key < plan.keys.size(); ++key) {
        const auto before = plan.contents.find(key);
        const auto after = now.find(key);
        if (before == plan.contents.end() || after == now.end()) {
            continue;
        }
        const KeyContent& old = before->second;
        CopiedParts parts;
        parts.policy = !same_text(old.policy, after->second.policy);
        parts.description = old.description != after->second.description;
        parts.tags = old.tags != after->second.tags;
        if (parts.any()) {
            changes.push_back(ChangedContent{key, parts});
        }
    }
    return changes;
}

std::string names_of(const CopiedParts& parts) {
    std::string names = parts.policy ? "policy" : "";
    const bool both = parts.description && parts.tags;
    if (parts.description) {
        names += (names.empty() ? "" : both ? ", " : " and ");
        names += "description";
    }
    if (parts.tags) {
        names += (names.empty() ? "" : " and ");
        names += "tags";
    }
    return names;
}

}  // namespace keyferry::planner
