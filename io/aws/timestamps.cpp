// SPDX-License-Identifier: Apache-2.0
#include "io/aws/timestamps.hpp"

#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <optional>

namespace keyferry::io {

namespace {

using std::chrono::sys_seconds;

/// Parses `text` from left to right. After a step has failed, failed() remains true.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    /// Exactly `digits` decimal digits.
    int number(std::size_t digits) {
        if (text_.size() < digits) {
            failed_ = true;
            return 0;
        }
        int value = 0;
        for (const char c : text_.substr(0, digits)) {
            failed_ = failed_ || c < '0' || c > '9';
            value = value * 10 + (c - '0');
        }
        text_.remove_prefix(digits);
        return value;
    }

    /// Exactly `c`.
    void expect(char c) {
        if (!take(c)) {
            failed_ = true;
        }
    }

    /// Consumes `c` if it is next.
    bool take(char c) {
        if (!text_.starts_with(c)) {
            return false;
        }
        text_.remove_prefix(1);
        return true;
    }

    void skip_digits() {
        while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
            text_.remove_prefix(1);
        }
    }

    bool at_end() const { return text_.empty(); }
    bool failed() const { return failed_; }

  private:
    std::string_view text_;
    bool failed_ = false;
};

struct Civil {
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

std::optional<sys_seconds> point_in_time(const Civil& civil) {
    constexpr int kHoursADay = 24;
    constexpr int kMinutesAnHour = 60;
    constexpr int kSecondsAMinute = 60;
    const std::chrono::year_month_day date{std::chrono::year(civil.year),
                                           std::chrono::month(static_cast<unsigned>(civil.month)),
                                           std::chrono::day(static_cast<unsigned>(civil.day))};
    if (!date.ok() || civil.hour >= kHoursADay || civil.minute >= kMinutesAnHour ||
        civil.second >= kSecondsAMinute) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + std::chrono::hours(civil.hour) +
           std::chrono::minutes(civil.minute) + std::chrono::seconds(civil.second);
}

/// Parses "Z", "+01:00", "-0530" or an empty text.
std::chrono::minutes read_zone(Reader& reader) {
    if (reader.take('Z') || reader.at_end()) {
        return std::chrono::minutes(0);
    }
    const bool west = reader.take('-');
    if (!west) {
        reader.expect('+');
    }
    const std::chrono::hours hours(reader.number(2));
    reader.take(':');
    const std::chrono::minutes offset = hours + std::chrono::minutes(reader.number(2));
    return west ? -offset : offset;
}

}  // namespace

std::string amz_date(sys_seconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{}T{:02}{:02}{:02}Z",
                       amz_day(time),
                       clock.hours().count(),
                       clock.minutes().count(),
                       clock.seconds().count());
}

std::string amz_day(sys_seconds time) {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
    return fmt::format("{:04}{:02}{:02}",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

Parsed<sys_seconds> parse_amz_date(std::string_view text) {
    Reader reader(text);
    Civil civil;
    civil.year = reader.number(4);
    civil.month = reader.number(2);
    civil.day = reader.number(2);
    reader.expect('T');
    civil.hour = reader.number(2);
    civil.minute = reader.number(2);
    civil.second = reader.number(2);
    reader.expect('Z');
    const std::optional<sys_seconds> time = point_in_time(civil);
    if (reader.failed() || !reader.at_end() || !time) {
        return ParseProblem{
            fmt::format("{} is not a time: expected YYYYMMDD'T'HHMMSS'Z'", in_quotes(text))};
    }
    return *time;
}

Parsed<sys_seconds> parse_iso_8601(std::string_view text) {
    Reader reader(text);
    Civil civil;
    civil.year = reader.number(4);
    reader.expect('-');
    civil.month = reader.number(2);
    reader.expect('-');
    civil.day = reader.number(2);
    if (!reader.take(' ')) {
        reader.expect('T');
    }
    civil.hour = reader.number(2);
    reader.expect(':');
    civil.minute = reader.number(2);
    reader.expect(':');
    civil.second = reader.number(2);
    if (reader.take('.')) {
        reader.skip_digits();
    }
    const std::chrono::minutes zone = read_zone(reader);
    const std::optional<sys_seconds> time = point_in_time(civil);
    if (reader.failed() || !reader.at_end() || !time) {
        return ParseProblem{fmt::format(
            "{} is not a time: expected a form like 2026-11-23T12:36:00Z", in_quotes(text))};
    }
    return *time - zone;
}

}  // namespace keyferry::io
