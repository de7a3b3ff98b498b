// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <unordered_set>

namespace keyferry::planner {

/// A text that many hold and nobody changes. Null where there is none.
using SharedText = std::shared_ptr<const std::string>;

/// Whether both are null, or both hold the same characters.
[[nodiscard]] bool same_text(const SharedText& a, const SharedText& b) noexcept;

/// Holds each different text once: a hundred thousand keys mostly have a handful of policies.
class SharedTexts {
  public:
    /// `text`, or the equal one that was shared before. Never null.
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
