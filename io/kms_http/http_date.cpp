#include "io/kms_http/http_date.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace keyferry {

std::optional<std::chrono::sys_seconds> read_http_date(std::string_view text) noexcept {
    constexpr std::size_t kDateBytes = 29;
    if (text.size() != kDateBytes) {
        return std::nullopt;
    }
    std::array<char, kDateBytes + 1> terminated{};
    std::copy(text.begin(), text.end(), terminated.begin());
    std::tm parts{};
    // The names of days and months are those of the C locale, which nobody here ever leaves.
    const char* const end = ::strptime(terminated.data(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end != terminated.data() + kDateBytes) {
        return std::nullopt;
    }
    constexpr int kYearOfTm = 1900;
    const std::chrono::year_month_day day(
        std::chrono::year(parts.tm_year + kYearOfTm),
        std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
        std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
    if (!day.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

}  // namespace keyferry
