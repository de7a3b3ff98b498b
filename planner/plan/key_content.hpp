// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_requests.hpp"
#include "planner/text/shared_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace keyferry::planner {

/// Which parts of a primary are copied to its replicas, because the spec contains "copy" instead of
/// a value.
struct CopiedParts {
    bool policy = false;
    bool description = false;
    bool tags = false;

    [[nodiscard]] bool any() const noexcept { return policy || description || tags; }
    friend bool operator==(const CopiedParts&, const CopiedParts&) = default;
};

/// The parts of a primary that KMS does not copy to its replicas, as read from the primary.
/// Contains only the parts that the spec copies. They are normalized, so that equivalent content
/// compares equal.
struct KeyContent {
    SharedText policy;  ///< from canonical_policy; null if not copied
    std::optional<std::string> description;
    std::optional<std::vector<io::Tag>> tags;  ///< from copyable_tags

    /// Returns which parts are present.
    [[nodiscard]] CopiedParts parts() const noexcept;
    friend bool operator==(const KeyContent& a, const KeyContent& b) noexcept {
        return same_text(a.policy, b.policy) && a.description == b.description && a.tags == b.tags;
    }
};

/// Content by index into Plan::keys.
using KeyContents = std::unordered_map<std::uint32_t, KeyContent>;

/// Returns the tags of a primary that a replica can have, sorted by key: all except AWS-generated
/// ones ("aws:..."), which KMS does not accept from callers.
[[nodiscard]] std::vector<io::Tag> copyable_tags(std::vector<io::Tag> tags);

}  // namespace keyferry::planner
