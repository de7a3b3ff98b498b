// SPDX-License-Identifier: Apache-2.0
#include "io/kms_http/http_date.hpp"

#include <cstddef>

namespace keyferry::io {
namespace {

/// Returns the index of the three-letter `name` in `list`; -1 if it is not found.
int place_of(std::string_view name, std::string_view list) noexcept {
    constexpr std::size_t kLetters = 3;
    for (std::size_t at = 0; at < list.size(); at += kLetters) {
        if (list.substr(at, kLetters) == name) {
            return static_cast<int>(at / kLetters);
        }
    }
    return -1;
}

/// Returns the number in `text`, which must consist of digits; -1 otherwise.
int number_of(std::string_view text) noexcept {
    int number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return -1;
        }
        number = number * 10 + (c - '0');
    }
    return number;
}

}  // namespace

// Parsed manually, because strptime takes several times as long and every response has a date.
std::optional<std::chrono::sys_seconds> read_http_date(std::string_view text) noexcept {
    constexpr std::string_view kForm = "ddd, DD MMM YYYY hh:mm:ss GMT";
    if (text.size() != kForm.size()) {
        return std::nullopt;
    }
    for (std::size_t at = 0; at < kForm.size(); ++at) {
        const char expected = kForm[at];
        const bool is_fixed = expected == ',' || expected == ' ' || expected == ':' || at >= 26;
        if (is_fixed && text[at] != expected) {
            return std::nullopt;
        }
    }
    const int month = place_of(text.substr(8, 3), "JanFebMarAprMayJunJulAugSepOctNovDec");
    const int day = number_of(text.substr(5, 2));
    const int year = number_of(text.substr(12, 4));
    const int hour = number_of(text.substr(17, 2));
    const int minute = number_of(text.substr(20, 2));
    const int second = number_of(text.substr(23, 2));
    if (place_of(text.substr(0, 3), "SunMonTueWedThuFriSat") < 0 || month < 0 || day < 0 ||
        year < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60) {  // a leap second
        return std::nullopt;
    }
    const std::chrono::year_month_day date(std::chrono::year{year},
                                           std::chrono::month(static_cast<unsigned>(month + 1)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
}

}  // namespace keyferry::io
