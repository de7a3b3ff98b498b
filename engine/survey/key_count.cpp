// SPDX-License-Identifier: Apache-2.0
#include "engine/survey/key_count.hpp"

#include <utility>
#include <variant>

namespace keyferry::engine {

namespace {

constexpr std::int32_t kKeysOfPage = 1000;  // the maximum of ListKeys

}  // namespace

void KeyCount::ask(const std::vector<io::AccountRegion>& places) {
    for (const io::AccountRegion& place : places) {
        list(place, std::nullopt, 1, 0);
    }
}

/// Reads page number `page`; `before` is the number of keys on the previous pages.
void KeyCount::list(const io::AccountRegion& place,
                    std::optional<std::string> marker,
                    std::uint32_t page,
                    std::uint64_t before) {
    io::ListKeysRequest request;
    request.limit = kKeysOfPage;
    request.marker = marker;
    calls_.ask(place, std::move(request), [=, this](const auto& outcome) {
        if (const auto* failure = std::get_if<FinalFailure>(&outcome)) {
            fail(place, failure->code.empty() ? failure->message : failure->code);
            return;
        }
        const auto& result = std::get<io::ListKeysResult>(outcome);
        const std::uint64_t keys = before + result.keys.size();
        if (!result.truncated) {
            keys_[place] = keys;
        } else if (!result.next_marker || result.next_marker == marker || page >= kPagesMax) {
            fail(place, "the list of keys is endless");
        } else {
            list(place, result.next_marker, page + 1, keys);
        }
    });
}

void KeyCount::fail(const io::AccountRegion& place, const std::string& why) {
    if (failure_.empty()) {
        failure_ = "ListKeys in " + place.region.name() + " of account " + place.account.digits() +
                   ": " + why;
    }
}

}  // namespace keyferry::engine
