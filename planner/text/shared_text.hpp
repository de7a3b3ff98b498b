// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <unordered_set>

namespace keyferry::planner {

/// An immutable string with shared ownership. Null means absent.
using SharedText = std::shared_ptr<const std::string>;

/// Returns whether both are null or both hold equal strings.
[[nodiscard]] bool same_text(const SharedText& a, const SharedText& b) noexcept;

/// Deduplicates strings: 100,000 keys typically share a handful of policies.
class SharedTexts {
  public:
    /// Returns `text`, or an equal string that was shared earlier. Never null.
    SharedText share(std::string text);

  private:
    struct Hash {
        std::size_t operator()(const SharedText& text) const noexcept;
    };
    struct Equal {
        bool operator()(const SharedText& a, const SharedText& b) const noexcept;
    };
    std::unordered_set<SharedText, Hash, Equal> texts_;
};

}  // namespace keyferry::planner
