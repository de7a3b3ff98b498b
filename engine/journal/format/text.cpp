// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/text.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cstdint>

namespace keyferry::engine {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kUnicodeEscapeBytes = 6;  // \uXXXX
constexpr char32_t kReplacement = 0xfffd;
constexpr std::string_view kCutMark = "...";

char* write_digits(char* at, unsigned value, int width) noexcept {
    for (int place = width - 1; place >= 0; --place) {
        at[place] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    return at + width;
}

/// The number in `text` if it consists of digits only; otherwise -1.
int read_digits(std::string_view text) noexcept {
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return -1;
        }
        value = value * 10 + (c - '0');
    }
    return value;
}

constexpr bool is_plain(unsigned char byte) noexcept {
    return byte >= 0x20 && byte <= 0x7e && byte != '"' && byte != '\\';
}

constexpr std::array<bool, 256> kIsPlain = [] {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0; byte < table.size(); ++byte) {
        table[byte] = is_plain(static_cast<unsigned char>(byte));
    }
    return table;
}();

/// The number of plain characters at the start of `text`, up to `length_max`.
std::size_t plain_length(std::string_view text, std::size_t length_max) noexcept {
    const std::size_t end = std::min(text.size(), length_max);
    std::size_t length = 0;
    while (length < end && kIsPlain[static_cast<unsigned char>(text[length])]) {
        ++length;
    }
    return length;
}

char* write_unit(char* at, std::uint32_t unit) noexcept {
    *at++ = '\\';
    *at++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
        *at++ = kHexDigits[(unit >> static_cast<unsigned>(shift)) & 0xfU];
    }
    return at;
}

/// Removes one character from the front of `text`; returns kReplacement and removes one byte if it
/// is not valid UTF-8 (including overlong forms, surrogates and code points above U+10FFFF).
char32_t take_code_point(std::string_view& text) noexcept {
    const auto byte = [&](std::size_t index) {
        return static_cast<unsigned char>(text[index]);
    };
    const unsigned char lead = byte(0);
    std::size_t length = 1;
    char32_t value = lead;
    char32_t smallest = 0;
    if (lead >= 0xf0) {
        length = 4, value = lead & 0x07U, smallest = 0x10000;
    } else if (lead >= 0xe0) {
        length = 3, value = lead & 0x0fU, smallest = 0x800;
    } else if (lead >= 0xc0) {
        length = 2, value = lead & 0x1fU, smallest = 0x80;
    }
    bool good = lead < 0x80 || (length > 1 && lead < 0xf8 && text.size() >= length);
    for (std::size_t index = 1; good && index < length; ++index) {
        good = (byte(index) & 0xc0U) == 0x80;
        value = (value << 6U) | (byte(index) & 0x3fU);
    }
    good = good && value >= smallest && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    text.remove_prefix(good ? length : 1);
    return good ? value : kReplacement;
}

/// Removes one character from the front of `text` and writes it to `at` as in a JSON string.
/// Returns the number of characters written.
std::size_t take_escape(std::string_view& text, char* at) noexcept {
    const char first = text.front();
    if (is_plain(static_cast<unsigned char>(first)) || first == '"' || first == '\\') {
        text.remove_prefix(1);
        if (first != '"' && first != '\\') {
            at[0] = first;
            return 1;
        }
        at[0] = '\\';
        at[1] = first;
        return 2;
    }
    const char32_t value = take_code_point(text);
    if (value < 0x10000) {
        write_unit(at, value);
        return kUnicodeEscapeBytes;
    }
    at = write_unit(at, 0xd800 + ((value - 0x10000) >> 10U));
    write_unit(at, 0xdc00 + ((value - 0x10000) & 0x3ffU));
    return 2 * kUnicodeEscapeBytes;
}

void append_utf8(std::string& out, char32_t value) {
    const auto push = [&](char32_t byte) {
        out.push_back(static_cast<char>(byte));
    };
    if (value < 0x80) {
        push(value);
    } else if (value < 0x800) {
        push(0xc0U | (value >> 6U));
        push(0x80U | (value & 0x3fU));
    } else if (value < 0x10000) {
        push(0xe0U | (value >> 12U));
        push(0x80U | ((value >> 6U) & 0x3fU));
        push(0x80U | (value & 0x3fU));
    } else {
        push(0xf0U | (value >> 18U));
        push(0x80U | ((value >> 12U) & 0x3fU));
        push(0x80U | ((value >> 6U) & 0x3fU));
        push(0x80U | (value & 0x3fU));
    }
}

/// Removes \uXXXX from the front of `escaped`; nullopt for any other form.
std::optional<std::uint32_t> take_unit(std::string_view& escaped) noexcept {
    if (escaped.size() < kUnicodeEscapeBytes || !escaped.starts_with("\\u")) {
        return std::nullopt;
    }
    std::uint32_t unit = 0;
    for (const char c : escaped.substr(2, 4)) {
        const std::size_t digit = kHexDigits.find(c);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        unit = unit * 16 + static_cast<std::uint32_t>(digit);
    }
    escaped.remove_prefix(kUnicodeEscapeBytes);
    return unit;
}

bool append_escape(std::string& out, std::string_view& escaped) {
    if (escaped.starts_with("\\\"") || escaped.starts_with("\\\\")) {
        out.push_back(escaped[1]);
        escaped.remove_prefix(2);
        return true;
    }
    const std::optional<std::uint32_t> first = take_unit(escaped);
    if (!first || (*first >= 0xdc00 && *first <= 0xdfff)) {
        return false;
    }
    if (*first < 0xd800 || *first > 0xdbff) {
        if (*first < 0x80 && is_plain(static_cast<unsigned char>(*first))) {
            return false;  // the writer would not have escaped it
        }
        append_utf8(out, *first);
        return true;
    }
    const std::optional<std::uint32_t> second = take_unit(escaped);
    if (!second || *second < 0xdc00 || *second > 0xdfff) {
        return false;
    }
    append_utf8(out, 0x10000 + ((*first - 0xd800) << 10U) + (*second - 0xdc00));
    return true;
}

}  // namespace

char* write_journal_time(char* at, io::WallTime time) noexcept {
    using namespace std::chrono;
    constexpr io::WallTime kFirst{sys_days{year{0} / January / 1}};
    constexpr io::WallTime kLast{sys_days{year{9999} / December / 31} + hours{24} -
                                 milliseconds{1}};
    time = std::clamp(time, kFirst, kLast);
    const sys_days day = floor<days>(time);
    const year_month_day date{day};
    const auto of_day = static_cast<unsigned>((time - day).count());  // milliseconds
    at = write_digits(at, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    *at++ = '-';
    at = write_digits(at, static_cast<unsigned>(date.month()), 2);
    *at++ = '-';
    at = write_digits(at, static_cast<unsigned>(date.day()), 2);
    *at++ = 'T';
    at = write_digits(at, of_day / 3'600'000, 2);
    *at++ = ':';
    at = write_digits(at, of_day / 60'000 % 60, 2);
    *at++ = ':';
    at = write_digits(at, of_day / 1000 % 60, 2);
    *at++ = '.';
    at = write_digits(at, of_day % 1000, 3);
    *at++ = 'Z';
    return at;
}

std::string journal_time(io::WallTime time) {
    std::string text(kJournalTimeBytes, ' ');
    static_cast<void>(write_journal_time(text.data(), time));
    return text;
}

std::optional<io::WallTime> read_journal_time(std::string_view text) noexcept {
    using namespace std::chrono;
    if (text.size() != kJournalTimeBytes || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':' || text[19] != '.' || text[23] != 'Z') {
        return std::nullopt;
    }
    const int years = read_digits(text.substr(0, 4));
    const int month_number = read_digits(text.substr(5, 2));
    const int day_number = read_digits(text.substr(8, 2));
    const int hour = read_digits(text.substr(11, 2));
    const int minute = read_digits(text.substr(14, 2));
    const int second = read_digits(text.substr(17, 2));
    const int millisecond = read_digits(text.substr(20, 3));
    const bool in_range = years >= 0 && month_number >= 1 && day_number >= 1 && hour >= 0 &&
                          hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 &&
                          millisecond >= 0;
    if (!in_range) {
        return std::nullopt;
    }
    const year_month_day date{year{years},
                              month{static_cast<unsigned>(month_number)},
                              day{static_cast<unsigned>(day_number)}};
    if (!date.ok()) {
        return std::nullopt;
    }
    return io::WallTime{sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} +
           milliseconds{millisecond};
}

bool JournalMinute::read(std::string_view text, io::WallTime& time) noexcept {
    if (start_ && text.size() == kJournalTimeBytes && text.starts_with({text_.data(), kBytes})) {
        const int second = read_digits(text.substr(kBytes, 2));
        const int millisecond = read_digits(text.substr(kBytes + 3, 3));
        if (second < 0 || second >= 60 || millisecond < 0 || text[kBytes + 2] != '.' ||
            text[kBytes + 6] != 'Z') {
            return false;
        }
        time = *start_ + std::chrono::seconds(second) + std::chrono::milliseconds(millisecond);
        return true;
    }
    const std::optional<io::WallTime> whole = read_journal_time(text);
    if (!whole) {
        return false;
    }
    time = *whole;
    start_ = std::chrono::floor<std::chrono::minutes>(time);
    std::copy_n(text.begin(), kBytes, text_.begin());
    return true;
}

char* write_journal_text(char* at, std::string_view text, std::size_t bytes_max) noexcept {
    assert(bytes_max >= kCutMark.size());
    char* const end = at + bytes_max;
    char* const last_cut = end - kCutMark.size();  // after this point, the mark would no longer fit
    char* cut_at = at;
    for (;;) {
        // Nearly all texts are plain and are copied in one step.
        const std::size_t plain = plain_length(text, static_cast<std::size_t>(end - at));
        if (at <= last_cut) {
            cut_at = std::min(at + plain, last_cut);
        }
        at = std::copy_n(text.data(), plain, at);
        text.remove_prefix(plain);
        if (text.empty()) {
            return at;
        }
        std::array<char, 2 * kUnicodeEscapeBytes> escape;
        const std::size_t length = take_escape(text, escape.data());
        if (length > static_cast<std::size_t>(end - at)) {
            return std::copy(kCutMark.begin(), kCutMark.end(), cut_at);
        }
        at = std::copy_n(escape.data(), length, at);
    }
}

std::vector<std::string_view> split_journal_text(std::string_view text, std::size_t bytes_max) {
    const auto is_inside_character = [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;  // of UTF-8
    };
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    std::size_t last_cut = 0;  // the last place where a character begins
    std::size_t bytes = 0;     // upper bound of the escaped size, starting at `begin`
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        last_cut = is_inside_character(text[at]) ? last_cut : at;
        bytes += is_plain(byte) ? 1 : byte == '"' || byte == '\\' ? 2 : kUnicodeEscapeBytes;
        if (bytes > bytes_max && last_cut > begin) {
            parts.push_back(text.substr(begin, last_cut - begin));
            begin = last_cut;
            at = last_cut - 1;
            bytes = 0;
        }
    }
    parts.push_back(text.substr(begin));
    return parts;
}

std::optional<std::string> read_journal_text(std::string_view escaped) {
    std::string text;
    text.reserve(escaped.size());
    while (!escaped.empty()) {
        if (escaped.front() == '\\') {
            if (!append_escape(text, escaped)) {
                return std::nullopt;
            }
        } else if (is_plain(static_cast<unsigned char>(escaped.front()))) {
            text.push_back(escaped.front());
            escaped.remove_prefix(1);
        } else {
            return std::nullopt;
        }
    }
    return text;
}

}  // namespace keyferry::engine
