// SPDX-License-Identifier: Apache-2.0
// Parses fault options.
#include "io/names/duration_text.hpp"
#include "io/names/region.hpp"
#include "tools/simulator/service/fault_plan.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kSlowDelay = "slow-delay=";
constexpr std::string_view kRetryAfter = "retry-after=";

FaultKind fault_named(std::string_view name) {
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        if (name_of(static_cast<FaultKind>(i)) == name) {
            return static_cast<FaultKind>(i);
        }
    }
    return FaultKind::none;
}

std::optional<double> parse_rate(std::string_view text) {
    double rate = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, rate, std::chars_format::fixed);
    if (error != std::errc{} || rest != end || !(rate >= 0 && rate <= 1)) {
        return std::nullopt;
    }
    return rate;
}

/// Removes the text up to and including the first `separator`, and returns the part before it;
/// nullopt if there is no separator.
std::optional<std::string_view> take_until(std::string_view& text, char separator) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view before = text.substr(0, at);
    text.remove_prefix(at + 1);
    return before;
}

/// Parses the start or end time of a window. `item` is quoted in error messages.
io::Parsed<std::chrono::nanoseconds> parse_moment(std::string_view text, std::string_view item) {
    const auto moment = io::parse_duration(text);
    if (!moment) {
        return io::ParseProblem{fmt::format("in \"{}\": {}", item, moment.error().text)};
    }
    if (*moment > kFaultWindowMax) {
        return io::ParseProblem{fmt::format(
            "the window of \"{}\" exceeds the maximum of {} h", item, kFaultWindowMax.count())};
    }
    return std::chrono::nanoseconds(*moment);
}

/// "10m..20m", "10m.."
io::Parsed<FaultWindow> parse_window(std::string_view text, std::string_view item) {
    const std::size_t dots = text.find("..");
    if (dots == std::string_view::npos) {
        return io::ParseProblem{fmt::format(
            "expected FROM..UNTIL, such as 10m..20m or 10m.., after the '@' in \"{}\"", item)};
    }
    const auto from = parse_moment(text.substr(0, dots), item);
    if (!from) {
        return from.error();
    }
    FaultWindow window;
    window.from = *from;
    const std::string_view until_text = text.substr(dots + 2);
    if (until_text.empty()) {
        return window;
    }
    const auto until = parse_moment(until_text, item);
    if (!until) {
        return until.error();
    }
    if (*until <= *from) {
        return io::ParseProblem{fmt::format("the window of \"{}\" ends before it starts", item)};
    }
    window.until = *until;
    return window;
}

/// "CancelKeyDeletion, CreateAlias, ... or UpdatePrimaryRegion"
std::string operation_names() {
    std::string names;
    for (const io::KmsApi api : io::kKmsApis) {
        names += api == io::kKmsApis.front() ? "" : api == io::kKmsApis.back() ? " or " : ", ";
        names += name_of(api);
    }
    return names;
}

/// Parses the part before the '='.
io::Parsed<FaultRule> parse_subject(std::string_view subject, std::string_view item) {
    FaultRule rule;
    if (const auto region = take_until(subject, '/')) {
        if (!io::Region::parse(*region)) {
            return io::ParseProblem{
                fmt::format("\"{}\" in \"{}\" is not a Region, such as eu-west-1", *region, item)};
        }
        rule.region = *region;
    }
    if (const auto operation = take_until(subject, '.')) {
        rule.api = io::kms_api_named(*operation);
        if (!rule.api) {
            return io::ParseProblem{fmt::format(
                "\"{}\" in \"{}\" is not an operation that the simulator supports; expected {}",
                *operation,
                item,
                operation_names())};
        }
    }
    rule.kind = fault_named(subject);
    return rule;
}

io::Parsed<FaultRule> parse_rule(std::string_view item) {
    const std::size_t equals = item.find('=');
    io::Parsed<FaultRule> rule = parse_subject(item.substr(0, equals), item);
    if (!rule) {
        return rule;
    }
    if (rule->kind == FaultKind::none || equals == std::string_view::npos) {
        return io::ParseProblem{
            fmt::format("\"{}\" does not name a fault; expected throttle, internal, "
                        "internal-after, lost, reset, slow, limit, denied or down, followed by "
                        "'=' and a rate",
                        item)};
    }
    std::string_view rest = item.substr(equals + 1);
    const auto before_window = take_until(rest, '@');
    const auto rate = parse_rate(before_window.value_or(rest));
    if (!rate) {
        return io::ParseProblem{fmt::format(
            "expected a rate between 0 and 1, such as 0.05, after the '=' in \"{}\"", item)};
    }
    rule->rate = *rate;
    if (before_window) {
        const auto window = parse_window(rest, item);
        if (!window) {
            return window.error();
        }
        rule->window = *window;
    }
    return rule;
}

/// Returns nullopt if `item` is not a setting, an empty string on success, otherwise an error
/// message.
std::optional<std::string> take_setting(std::string_view item, FaultSettings& settings) {
    if (item.substr(0, kSlowDelay.size()) == kSlowDelay) {
        const auto delay = parse_duration_range(item.substr(kSlowDelay.size()));
        if (!delay) {
            return fmt::format("in \"{}\": {}", item, delay.error().text);
        }
        settings.slow_delay = *delay;
        return std::string();
    }
    if (item.substr(0, kRetryAfter.size()) == kRetryAfter) {
        const auto after = parse_simulator_duration(item.substr(kRetryAfter.size()));
        if (!after) {
            return fmt::format("in \"{}\": {}", item, after.error().text);
        }
        settings.retry_after = *after;
        return std::string();
    }
    return std::nullopt;
}

/// Sum of the rates for `api` that apply in all Regions and at all times. For each kind, the last
/// rule applies.
double sum_of_general_rates(const FaultSettings& settings, io::KmsApi api) {
    std::array<double, kFaultKinds> of_all{};
    std::array<std::optional<double>, kFaultKinds> of_api{};
    for (const FaultRule& rule : settings.rules) {
        if (rule.region.empty() && rule.window == FaultWindow{}) {
            const auto kind = static_cast<std::size_t>(rule.kind);
            if (!rule.api) {
                of_all[kind] = rule.rate;
            } else if (*rule.api == api) {
                of_api[kind] = rule.rate;
            }
        }
    }
    double sum = 0;
    for (std::size_t kind = 0; kind < kFaultKinds; ++kind) {
        sum += of_api[kind].value_or(of_all[kind]);
    }
    return sum;
}

}  // namespace

io::Parsed<FaultSettings> parse_faults(std::string_view text) {
    if (text.size() > kFaultTextMax) {
        return io::ParseProblem{
            fmt::format("the list of faults is longer than {} bytes", kFaultTextMax)};
    }
    FaultSettings settings;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view item = text.substr(0, comma);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        if (const auto problem = take_setting(item, settings)) {
            if (!problem->empty()) {
                return io::ParseProblem{*problem};
            }
            continue;
        }
        io::Parsed<FaultRule> rule = parse_rule(item);
        if (!rule) {
            return rule.error();
        }
        settings.rules.push_back(*std::move(rule));
    }
    for (const io::KmsApi api : io::kKmsApis) {
        if (sum_of_general_rates(settings, api) > 1.0) {
            return io::ParseProblem{
                fmt::format("the fault rates for {} add up to more than 1", name_of(api))};
        }
    }
    return settings;
}

}  // namespace keyferry::simulator
