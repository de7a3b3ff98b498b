// SPDX-License-Identifier: Apache-2.0
#include "planner/text/shared_text.hpp"

#include <functional>
#include <utility>

namespace keyferry::planner {

bool same_text(const SharedText& a, const SharedText& b) noexcept {
    return a == b || (a != nullptr && b != nullptr && *a == *b);
}

std::size_t SharedTexts::Hash::operator()(const SharedText& text) const noexcept {
    return std::hash<std::string>()(*text);
}

bool SharedTexts::Equal::operator()(const SharedText& a, const SharedText& b) const noexcept {
    return same_text(a, b);
}

SharedText SharedTexts::share(std::string text) {
    return *texts_.insert(std::make_shared<const std::string>(std::move(text))).first;
}

}  // namespace keyferry::planner
