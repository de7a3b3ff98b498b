// SPDX-License-Identifier: Apache-2.0
#include "planner/toml/toml_bounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace keyferry::planner {

namespace {

/// Scans TOML and counts its structural characters.
class BoundsScan {
  public:
    explicit BoundsScan(std::string_view text) : text_(text) {}

    std::optional<TextFinding> run() {
        while (at_ < text_.size() && !finding_) {
            step();
        }
        return finding_;
    }

  private:
    void step() {
        switch (text_[at_]) {
            case '#':
                at_ = std::min(text_.find('\n', at_), text_.size());
                return;
            case '"':
            case '\'':
                skip_string(text_[at_]);
                return;
            case '[':
            case '{':
            case ',':
            case '=':
                dots_ = 0;
                count_structural();
                break;
            case ']':
            case '}':
            case '\n':
                dots_ = 0;
                break;
            case '.':
                count_structural();
                if (++dots_ > kSpecKeyDotsMax) {
                    refuse(
                        fmt::format("a key has more than the maximum of {} dots", kSpecKeyDotsMax));
                }
                break;
            default:
                break;
        }
        ++at_;
    }

    void count_structural() {
        if (++structural_ > kSpecStructuralCharactersMax) {
            refuse(
                fmt::format("the spec has more than {} of the characters [ {{ , = and . outside "
                            "strings; move the keys to a keys_file",
                            kSpecStructuralCharactersMax));
        }
    }

    void refuse(std::string text) { finding_ = TextFinding{Severity::error, at_, std::move(text)}; }

    void skip_string(char quote) {
        const std::string three(3, quote);
        const bool has_escapes = quote == '"';
        const bool is_long = text_.substr(at_).starts_with(three);
        at_ += is_long ? 3 : 1;
        while (at_ < text_.size()) {
            if (has_escapes && text_[at_] == '\\') {
                at_ = std::min(at_ + 2, text_.size());
            } else if (!is_long && (text_[at_] == quote || text_[at_] == '\n')) {
                at_ += text_[at_] == quote ? 1 : 0;  // an unterminated string ends with its line
                return;
            } else if (is_long && text_.substr(at_).starts_with(three)) {
                at_ += 3;
                // Up to two more quotes belong to the string.
                for (int more = 0; more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) {
                    ++at_;
                }
                return;
            } else {
                ++at_;
            }
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t structural_ = 0;
    std::size_t dots_ = 0;
    std::optional<TextFinding> finding_;
};

/// U+202A to U+202E and U+2066 to U+2069, as UTF-8.
std::optional<TextFinding> find_reordering(std::string_view text) {
    for (std::size_t at = text.find('\xe2'); at != std::string_view::npos;
         at = text.find('\xe2', at + 1)) {
        const std::string_view bytes = text.substr(at, 3);
        const bool is_override = bytes >= "\xe2\x80\xaa" && bytes <= "\xe2\x80\xae";
        const bool is_isolate = bytes >= "\xe2\x81\xa6" && bytes <= "\xe2\x81\xa9";
        if (is_override || is_isolate) {
            const unsigned code =
                (is_override ? 0x2000U : 0x2040U) + (static_cast<unsigned char>(bytes[2]) & 0x3fU);
            return TextFinding{
                Severity::error,
                at,
                fmt::format("the bidirectional control character U+{0:04X} changes the order in "
                            "which text is displayed; if that is intended, write "
                            "\\u{0:04X} in double quotes",
                            code)};
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<TextFinding> check_toml_bounds(std::string_view text) {
    if (text.size() > kSpecBytesMax) {
        return TextFinding{
            Severity::error,
            0,
            fmt::format(
                "the file is {} bytes, more than the maximum of {}; move the keys to a keys_file",
                text.size(),
                kSpecBytesMax)};
    }
    if (std::optional<TextFinding> finding = BoundsScan(text).run()) {
        return finding;
    }
    return find_reordering(text);
}

}  // namespace keyferry::planner
