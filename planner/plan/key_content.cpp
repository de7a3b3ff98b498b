#include "planner/plan/key_content.hpp"

#include "planner/plan/tag_limits.hpp"

#include <algorithm>

namespace keyferry {

CopiedParts KeyContent::parts() const noexcept {
    CopiedParts parts;
    parts.policy = policy != nullptr;
    parts.description = description.has_value();
    parts.tags = tags.has_value();
    return parts;
}

std::vector<Tag> copyable_tags(std::vector<Tag> tags) {
    std::erase_if(tags, [](const Tag& tag) { return has_reserved_prefix(tag.key); });
    std::sort(tags.begin(), tags.end());
    return tags;
}

}  // namespace keyferry
