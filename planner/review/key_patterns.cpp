// SPDX-License-Identifier: Apache-2.0
#include "planner/review/key_patterns.hpp"

#include "planner/text/glob.hpp"

namespace keyferry::planner {

namespace {

/// matches_key() for a pattern that begins with "arn:".
bool matches_arn(const io::KeyArn& primary, const std::string& pattern) {
    if (!pattern.ends_with(primary.key_id.text())) {
        return matches_glob(primary.text(), pattern);
    }
    const io::Parsed<io::KeyArn> arn = io::KeyArn::parse(pattern);
    return arn ? arn->key_id == primary.key_id && arn->account == primary.account
               : matches_glob(primary.text(), pattern);
}

/// The key ID of a complete ID or ARN.
std::string_view id_in(std::string_view pattern) {
    return pattern.substr(pattern.starts_with("arn:") ? pattern.rfind('/') + 1 : 0);
}

}  // namespace

bool matches_key(const io::KeyArn& primary, const std::string& pattern) {
    return pattern.starts_with("arn:") ? matches_arn(primary, pattern)
                                       : matches_glob(primary.key_id.text(), pattern);
}

bool is_glob(std::string_view pattern) noexcept {
    return pattern.find_first_of("*?") != std::string_view::npos;
}

KeyPatterns::KeyPatterns(const std::vector<std::string>& patterns)
    : patterns_(patterns), is_matched_(patterns.size()) {
    for (std::size_t index = 0; index < patterns.size(); ++index) {
        if (is_glob(patterns[index])) {
            globs_.push_back(index);
        } else {
            complete_.emplace(id_in(patterns[index]), index);
        }
    }
}

bool KeyPatterns::try_pattern(const io::KeyArn& primary, std::size_t index) {
    if (!matches_key(primary, patterns_[index])) {
        return false;
    }
    is_matched_[index] = true;
    return true;
}

bool KeyPatterns::matches(const io::KeyArn& primary) {
    bool is_match = false;
    const auto [begin, end] = complete_.equal_range(primary.key_id.text());
    for (auto each = begin; each != end; ++each) {
        is_match = try_pattern(primary, each->second) || is_match;
    }
    for (const std::size_t index : globs_) {
        is_match = try_pattern(primary, index) || is_match;
    }
    return is_match;
}

std::vector<const std::string*> KeyPatterns::unmatched() const {
    std::vector<const std::string*> patterns;
    for (std::size_t index = 0; index < patterns_.size(); ++index) {
        if (!is_matched_[index]) {
            patterns.push_back(&patterns_[index]);
        }
    }
    return patterns;
}

}  // namespace keyferry::planner
