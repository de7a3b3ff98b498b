// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/key_content.hpp"

#include "planner/plan/tag_limits.hpp"

#include <algorithm>

namespace keyferry::planner {

CopiedParts KeyContent::parts() const noexcept {
    CopiedParts parts;
    parts.policy = policy != nullptr;
    parts.description = description.has_value();
    parts.tags = tags.has_value();
    return parts;
}

std::vector<io::Tag> copyable_tags(std::vector<io::Tag> tags) {
    std::erase_if(tags, [](const io::Tag& tag) { return has_reserved_prefix(tag.key); });
    std::sort(tags.begin(), tags.end());
    return tags;
}

}  // namespace keyferry::planner
