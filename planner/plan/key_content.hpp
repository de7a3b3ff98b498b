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

/// What of a primary goes along to its replicas, since the spec says "copy" in the place of a
/// value.
struct CopiedParts {
    bool policy = false;
    bool description = false;
    bool tags = false;

    [[nodiscard]] bool any() const noexcept { return policy || description || tags; }
    friend bool operator==(const CopiedParts&, const CopiedParts&) = default;
};

/// What KMS copies to no replica, as a primary has it: those parts that the spec copies, and none
/// else. Made to be compared and sent: what a primary means in the same way is the same.
struct KeyContent {
    SharedText policy;  ///< by canonical_policy; null where it is not copied
    std::optional<std::string> description;
    std::optional<std::vector<io::Tag>> tags;  ///< by copyable_tags

    /// Which parts it has.
    [[nodiscard]] CopiedParts parts() const noexcept;
    friend bool operator==(const KeyContent& a, const KeyContent& b) noexcept {
        return same_text(a.policy, b.policy) && a.description == b.description && a.tags == b.tags;
    }
};

/// By index into Plan::keys.
using KeyContents = std::unordered_map<std::uint32_t, KeyContent>;

/// Of a primary's tags those that a replica can be given, sorted by key: all but those of AWS
/// itself ("aws:..."), which KMS refuses to take from anybody.
[[nodiscard]] std::vector<io::Tag> copyable_tags(std::vector<io::Tag> tags);

}  // namespace keyferry::planner
