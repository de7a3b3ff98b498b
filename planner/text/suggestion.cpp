// SPDX-License-Identifier: Apache-2.0
#include "planner/text/suggestion.hpp"

#include "io/names/lower_case.hpp"
#include "io/names/region.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace keyferry::planner {

namespace {

constexpr std::size_t kSuggestedBytesMax = 64;  // longer words are unlikely to be typos

bool is_known(const std::string& text) {
    const io::Parsed<io::Region> region = io::Region::parse(text);
    return region.has_value() && io::is_known_region(*region);
}

/// Returns a known Region that is one edit away from `text`. Tries every edit (about a thousand),
/// because the list of Regions is private to io/names.
std::string known_region_near(const std::string& text) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (is_known(text)) {
        return text;
    }
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i + 1 < text.size()) {
            std::string swapped = text;
            std::swap(swapped[i], swapped[i + 1]);
            if (is_known(swapped)) {
                return swapped;
            }
        }
        if (i < text.size()) {
            std::string shorter = text;
            shorter.erase(i, 1);
            if (is_known(shorter)) {
                return shorter;
            }
        }
        for (const char letter : kLetters) {
            std::string longer = text;
            longer.insert(i, 1, letter);
            if (is_known(longer)) {
                return longer;
            }
            if (i < text.size()) {
                longer.erase(i + 1, 1);  // now `letter` replaces text[i]
                if (is_known(longer)) {
                    return longer;
                }
            }
        }
    }
    return "";
}

std::string suggest(std::string_view candidate) {
    return candidate.empty() ? std::string() : fmt::format(" (did you mean '{}'?)", candidate);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
    if (a.size() > b.size() + limit || b.size() > a.size() + limit) {
        return limit + 1;
    }
    // Rows of the edit distance table: i - 2, i - 1 and i.
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before.swap(above);
        above.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({changed, above[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
    }
    return std::min(row[b.size()], limit + 1);
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates) {
    if (text.size() > kSuggestedBytesMax) {
        return {};
    }
    const std::string lower = io::lower_case(text);
    const std::size_t limit = text.size() <= 4 ? 1 : 2;
    std::string_view best;
    std::size_t best_distance = limit + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(lower, io::lower_case(candidate), limit);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates) {
    return suggest(nearest(text, candidates));
}

std::string did_you_mean_region(std::string_view text) {
    if (text.size() > kSuggestedBytesMax) {
        return "";
    }
    std::string cleaned = io::lower_case(text);
    std::replace(cleaned.begin(), cleaned.end(), '_', '-');
    return suggest(known_region_near(cleaned));
}

}  // namespace keyferry::planner
