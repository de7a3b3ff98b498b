// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/condition_values.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>

namespace keyferry::simulator {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Parses a date from left to right.
class DateReader {
  public:
    explicit DateReader(std::string_view text) : rest_(text) {}

    std::optional<double> read() {
        const auto year = number(4, 9999);
        const auto month = rest_.empty() ? std::optional(1U) : after('-', 12);
        const auto day = rest_.empty() ? std::optional(1U) : after('-', 31);
        if (!year || !month || !day) {
            return std::nullopt;
        }
        const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                               std::chrono::month(*month),
                                               std::chrono::day(*day)};
        if (!date.ok()) {
            return std::nullopt;
        }
        const auto midnight = std::chrono::sys_seconds(std::chrono::sys_days(date));
        const auto seconds = static_cast<double>(midnight.time_since_epoch().count());
        if (rest_.empty()) {
            return seconds;
        }
        const auto time = time_of_day();
        return time ? std::optional(seconds + *time) : std::nullopt;
    }

  private:
    static constexpr unsigned kMinuteSeconds = 60;
    static constexpr unsigned kHourSeconds = 3600;

    /// Reads a number of exactly `digits` digits.
    std::optional<unsigned> number(std::size_t digits, unsigned number_max) {
        const std::string_view text = rest_.substr(0, digits);
        unsigned value = 0;
        if (text.size() != digits || !std::all_of(text.begin(), text.end(), is_digit)) {
            return std::nullopt;
        }
        std::from_chars(text.data(), text.data() + text.size(), value);
        rest_.remove_prefix(digits);
        return value <= number_max ? std::optional(value) : std::nullopt;
    }

    bool skip(char c) {
        if (rest_.empty() || rest_.front() != c) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    /// Reads `separator` and two digits.
    std::optional<unsigned> after(char separator, unsigned number_max) {
        return skip(separator) ? number(2, number_max) : std::nullopt;
    }

    /// Reads the time of day and the time zone; returns seconds.
    std::optional<double> time_of_day() {
        const auto hour = after('T', 23);
        const auto minute = after(':', 59);
        const bool has_seconds = !rest_.empty() && rest_.front() == ':';
        const auto second = has_seconds ? after(':', 59) : std::optional(0U);
        if (!hour || !minute || !second) {
            return std::nullopt;
        }
        double time = *hour * kHourSeconds + *minute * kMinuteSeconds + *second;
        if (has_seconds && !rest_.empty() && rest_.front() == '.') {
            const std::size_t end = rest_.find_first_not_of("0123456789", 1);
            const auto fraction = number_in("0" + std::string(rest_.substr(0, end)));
            if (!fraction || end == 1) {
                return std::nullopt;
            }
            time += *fraction;
            rest_.remove_prefix(std::min(end, rest_.size()));
        }
        const auto zone = zone_seconds();
        return zone && rest_.empty() ? std::optional(time - *zone) : std::nullopt;
    }

    /// Reads the time zone ("Z", "+01:00"); returns its offset from UTC.
    std::optional<double> zone_seconds() {
        if (skip('Z')) {
            return 0;
        }
        const bool is_behind = skip('-');
        if (!is_behind && !skip('+')) {
            return std::nullopt;
        }
        const auto hours = number(2, 23);
        const auto minutes = after(':', 59);
        if (!hours || !minutes) {
            return std::nullopt;
        }
        const double seconds = *hours * kHourSeconds + *minutes * kMinuteSeconds;
        return is_behind ? -seconds : seconds;
    }

    std::string_view rest_;
};

struct IpAddress {
    std::array<unsigned char, 16> bytes{};  ///< in network order; IPv4 addresses have four
    unsigned bits = 0;                      ///< 32 or 128
};

std::optional<IpAddress> ip_address_in(std::string_view text) {
    constexpr unsigned kIpv4Bits = 32;
    constexpr unsigned kIpv6Bits = 128;
    const std::string terminated(text);
    IpAddress address;
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
        address.bits = kIpv4Bits;
        return address;
    }
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
        address.bits = kIpv6Bits;
        return address;
    }
    return std::nullopt;
}

}  // namespace

std::optional<double> number_in(std::string_view text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && rest == end && !text.empty() ? std::optional(number)
                                                                : std::nullopt;
}

std::optional<double> date_in(std::string_view text) {
    constexpr std::size_t kYearDigits = 4;
    const auto unix_time = number_in(text);
    return unix_time && text.size() != kYearDigits ? unix_time : DateReader(text).read();
}

bool is_in_ip_range(std::string_view address, std::string_view range) {
    constexpr unsigned kByteBits = 8;
    constexpr unsigned kByteMax = 255;
    const std::size_t slash = range.find('/');
    const auto tested = ip_address_in(address);
    const auto first = ip_address_in(range.substr(0, slash));
    if (!tested || !first || tested->bits != first->bits) {
        return false;
    }
    unsigned prefix = first->bits;
    if (slash != std::string_view::npos) {
        const std::string_view size = range.substr(slash + 1);
        const char* const end = size.data() + size.size();
        const auto [rest, error] = std::from_chars(size.data(), end, prefix);
        if (error != std::errc{} || rest != end || prefix > first->bits) {
            return false;
        }
    }
    const std::size_t whole = prefix / kByteBits;
    const unsigned mask = kByteMax << (kByteBits - prefix % kByteBits) & kByteMax;
    return std::equal(tested->bytes.begin(),
                      tested->bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                      first->bytes.begin()) &&
           (mask == 0 || (tested->bytes.at(whole) & mask) == (first->bytes.at(whole) & mask));
}

}  // namespace keyferry::simulator
