// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/plan_wording.hpp"

#include "io/names/duration_text.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>

namespace keyferry::planner {

namespace {

std::string saved_text(const QuotaSaving& saving) {
    return (saving.is_forecast ? "" : "about ") + io::long_duration_text(saving.seconds);
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t kNamesMax = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesMax); ++i) {
        text.append(i == 0 ? "" : ", ").append(names[i]);
    }
    if (names.size() > kNamesMax) {
        text += fmt::format(" and {} more", with_thousands(names.size() - kNamesMax));
    }
    return text;
}

std::string groups_text(const std::vector<std::string>& names) {
    std::vector<std::string> quoted;
    quoted.reserve(names.size());
    for (const std::string& name : names) {
        quoted.push_back(fmt::format("'{}'", name));
    }
    return (names.size() == 1 ? "group " : "groups ") + listed(quoted);
}

std::string rate_text(double per_s) {
    return per_s == std::floor(per_s) && per_s >= 1000
               ? with_thousands(static_cast<std::uint64_t>(per_s))
               : fmt::format("{:.4g}", per_s);
}

std::string usd_text(double usd) {
    const double cents = std::round(usd * 100);
    const auto whole = static_cast<std::uint64_t>(cents / 100);
    const auto rest = static_cast<unsigned>(cents - static_cast<double>(whole) * 100);
    if (rest == 0) {
        return usd > 0 && cents == 0 ? "< $0.01" : "$" + with_thousands(whole);
    }
    return fmt::format("${}.{:02}", with_thousands(whole), rest);
}

std::string date_text(double epoch_s) {
    const std::chrono::sys_seconds moment{
        std::chrono::seconds(static_cast<std::chrono::seconds::rep>(epoch_s))};
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(moment)};
    return fmt::format("{:04}-{:02}-{:02}",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::string share_text(double share) {
    const double percent = share * 100;
    return percent > 0 && percent < 0.1 ? "< 0.1 %"
           : percent < 10               ? fmt::format("{:.1f} %", percent)
                                        : fmt::format("{:.0f} %", percent);
}

std::string quota_text(const BucketLoad& bucket) {
    return fmt::format("{} in {}", name_of(bucket.api), bucket.place.region.name());
}

std::string about_text(const PlanForecast& forecast) {
    if (forecast.is_bound) {
        return fmt::format(
            "About {}, estimated only from the slowest quota and the wait for the last replicas, "
            "because the plan is too large to simulate.",
            io::long_duration_text(forecast.seconds));
    }
    return fmt::format(
        "About {} without failures, if KMS responds within {:.4g} s and replicas stay Creating "
        "for {:.4g} s.",
        io::long_duration_text(forecast.seconds),
        forecast.round_trip_seconds,
        forecast.creating_seconds);
}

std::string at_least_text(const PlanForecast& forecast) {
    if (forecast.slowest) {
        return fmt::format("At least {}, limited by {} at {}/s.",
                           io::long_duration_text(forecast.seconds_min),
                           quota_text(*forecast.slowest),
                           rate_text(forecast.slowest->rate_per_s));
    }
    return fmt::format("At least {}: one key gets {}, and calls on a key are spaced out.",
                       io::long_duration_text(forecast.seconds_min),
                       counted(forecast.replicas_of_key_max, "replica"));
}

std::string savings_text(const PlanForecast& forecast, const std::vector<BucketLoad>& load) {
    // Savings of less than 5 % do not justify a quota increase request.
    const auto is_worth_it = [&](const QuotaSaving& saving) {
        return saving.seconds >= forecast.seconds / 20;
    };
    if (forecast.savings.empty() || !forecast.slowest) {
        return "";
    }
    const QuotaSaving& twice = forecast.savings.front();
    const QuotaSaving* other = forecast.savings.size() > 1 ? &forecast.savings[1] : nullptr;
    if (is_worth_it(twice)) {
        const double twice_per_s = twice.quotas.front().quota_per_s;
        std::string text = fmt::format("Raising that quota from {}/s to {}/s would save {}",
                                       rate_text(forecast.slowest->quota_per_s),
                                       rate_text(twice_per_s),
                                       saved_text(twice));
        if (other == nullptr) {
            return text + ".";
        }
        const double enough_per_s = other->quotas.front().quota_per_s;
        if (enough_per_s < twice_per_s) {
            return text + fmt::format("; {}/s would save as much.", rate_text(enough_per_s));
        }
        if (saved_text(*other) == saved_text(twice)) {
            return text + fmt::format("; a quota above {}/s would save no more time.",
                                      rate_text(enough_per_s));
        }
        return text + fmt::format(
                          ", and raising it to {}/s would save {}; a higher quota would save no "
                          "more time.",
                          rate_text(enough_per_s),
                          saved_text(*other));
    }
    if (other == nullptr || other->quotas.size() < 2 || load.size() < 2 || !is_worth_it(*other)) {
        return "";
    }
    return fmt::format(
        "Doubling that quota alone would save little, because {} takes nearly as long. Doubling "
        "all {} quotas that take this long would save {}.",
        quota_text(load[1]),
        other->quotas.size(),
        saved_text(*other));
}

}  // namespace keyferry::planner
