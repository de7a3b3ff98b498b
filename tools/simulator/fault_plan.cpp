#include "tools/simulator/fault_plan.hpp"

#include <fmt/format.h>

#include <charconv>
#include <numeric>
#include <optional>
#include <vector>

namespace keyferry {

namespace {

constexpr std::size_t kFaultTextMax = 4096;

constexpr std::array<std::string_view, kFaultKinds + 1> kNames{
    "throttle", "internal", "internal-after", "lost", "reset", "slow", "none"};

std::optional<std::size_t> fault_named(std::string_view name) {
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        if (kNames[i] == name) {
            return i;
        }
    }
    return std::nullopt;
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

/// One "NAME=RATE" of which the part before a dot may name an operation.
struct RateItem {
    std::optional<KmsApi> api;
    std::size_t fault;
    double rate;
};

Parsed<RateItem> parse_rate_item(std::string_view item) {
    const std::size_t equals = item.find('=');
    std::string_view name = item.substr(0, equals);
    RateItem parsed{};
    if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
        parsed.api = kms_api_named(name.substr(0, dot));
        if (!parsed.api) {
            return ParseProblem{fmt::format(
                "\"{}\" in \"{}\" is no operation that the simulator has; expected CreateKey, "
                "DescribeKey, ListKeys or ReplicateKey",
                name.substr(0, dot),
                item)};
        }
        name.remove_prefix(dot + 1);
    }
    const auto fault = fault_named(name);
    if (!fault || equals == std::string_view::npos) {
        return ParseProblem{fmt::format(
            "\"{}\" names no fault; expected throttle, internal, internal-after, lost, reset or "
            "slow, '=' and a rate",
            item)};
    }
    const auto rate = parse_rate(item.substr(equals + 1));
    if (!rate) {
        return ParseProblem{
            fmt::format("\"{}\" has no rate between 0 and 1, such as 0.05, after the '='", item)};
    }
    parsed.fault = *fault;
    parsed.rate = *rate;
    return parsed;
}

/// General rates first, then those of single operations, so that their order does not matter.
void apply(const RateItem& item, bool general_ones, FaultSettings& settings) {
    if (item.api.has_value() == general_ones) {
        return;
    }
    for (const KmsApi api : kKmsApis) {
        if (!item.api || *item.api == api) {
            settings.of(api)[item.fault] = item.rate;
        }
    }
}

}  // namespace

std::string_view name_of(FaultKind kind) noexcept {
    return kNames[static_cast<std::size_t>(kind)];
}

Parsed<FaultSettings> parse_faults(std::string_view text) {
    constexpr std::string_view kSlowDelay = "slow-delay=";
    if (text.size() > kFaultTextMax) {
        return ParseProblem{fmt::format("the faults are longer than {} bytes", kFaultTextMax)};
    }
    FaultSettings settings;
    std::vector<RateItem> items;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view item = text.substr(0, comma);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        if (item.substr(0, kSlowDelay.size()) == kSlowDelay) {
            const auto delay = parse_duration_range(item.substr(kSlowDelay.size()));
            if (!delay) {
                return delay.error();
            }
            settings.slow_delay = *delay;
            continue;
        }
        const auto parsed = parse_rate_item(item);
        if (!parsed) {
            return parsed.error();
        }
        items.push_back(*parsed);
    }
    for (const bool general_ones : {true, false}) {
        for (const RateItem& item : items) {
            apply(item, general_ones, settings);
        }
    }
    for (const KmsApi api : kKmsApis) {
        const FaultRates& rates = settings.of(api);
        if (std::accumulate(rates.begin(), rates.end(), 0.0) > 1.0) {
            return ParseProblem{
                fmt::format("the rates of faults for {} add up to more than 1", name_of(api))};
        }
    }
    return settings;
}

Fault FaultPlan::decide(KmsApi api) {
    // One draw for each call, whatever the rates: raising one rate leaves the other calls alone.
    double draw = random_.fraction();
    const FaultRates& rates = settings_.of(api);
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        if (draw < rates[i]) {
            const auto kind = static_cast<FaultKind>(i);
            const bool is_slow = kind == FaultKind::slow;
            return Fault{
                kind, is_slow ? delays_.within(settings_.slow_delay) : std::chrono::nanoseconds{0}};
        }
        draw -= rates[i];
    }
    return {};
}

}  // namespace keyferry
