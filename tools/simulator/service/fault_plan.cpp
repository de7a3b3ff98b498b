// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/fault_plan.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace keyferry::simulator {

namespace {

constexpr std::array<std::string_view, kFaultKinds + 1> kNames{"throttle",
                                                               "internal",
                                                               "internal-after",
                                                               "lost",
                                                               "reset",
                                                               "slow",
                                                               "limit",
                                                               "denied",
                                                               "down",
                                                               "none"};

/// Returns how specific a rule is; a higher number means more specific.
int specificity(const FaultRule& rule) {
    const bool has_window = rule.window != FaultWindow{};
    return (rule.region.empty() ? 0 : 4) + (rule.api ? 2 : 0) + (has_window ? 1 : 0);
}

/// Sorts by decreasing specificity, then by kind. Among equal rules, the last one comes first.
void sort_by_specificity(std::vector<FaultRule>& rules) {
    std::reverse(rules.begin(), rules.end());
    std::stable_sort(rules.begin(), rules.end(), [](const FaultRule& a, const FaultRule& b) {
        return std::tuple(-specificity(a), a.kind) < std::tuple(-specificity(b), b.kind);
    });
}

bool is_about(const FaultRule& rule, const FaultCall& call) {
    if (rule.api && *rule.api != call.api) {
        return false;
    }
    if (rule.kind == FaultKind::limit) {
        const bool replicates = call.api == io::KmsApi::replicate_key;
        if (!replicates && call.api != io::KmsApi::create_key) {
            return false;
        }
        const std::string_view where = replicates ? call.replica_region : call.region;
        return rule.region.empty() || rule.region == where;
    }
    return rule.region.empty() || rule.region == call.region || rule.region == call.replica_region;
}

}  // namespace

std::string_view name_of(FaultKind kind) noexcept {
    return kNames[static_cast<std::size_t>(kind)];
}

FaultPlan::FaultPlan(const FaultSettings& settings, std::uint64_t seed)
    : random_(seed, "faults"), delays_(seed, "slow answers") {
    change(settings);
}

void FaultPlan::change(const FaultSettings& settings) {
    settings_ = settings;
    sort_by_specificity(settings_.rules);
    phase_ = Phase{};
}

void FaultPlan::enter_phase(std::chrono::nanoseconds at) {
    phase_.window = FaultWindow{};
    phase_.rules.clear();
    const auto is_edge = [&](std::chrono::nanoseconds edge) {
        auto& [from, until] = phase_.window;
        (edge <= at ? from : until) = edge <= at ? std::max(from, edge) : std::min(until, edge);
    };
    for (std::size_t i = 0; i < settings_.rules.size(); ++i) {
        const FaultWindow& window = settings_.rules[i].window;
        is_edge(window.from);
        is_edge(window.until);
        if (window.from <= at && at < window.until) {
            phase_.rules.push_back(i);
        }
    }
}

Fault FaultPlan::make_fault(const FaultRule& rule, const FaultCall& call) {
    Fault fault;
    fault.kind = rule.kind;
    if (rule.kind == FaultKind::slow) {
        fault.delay = delays_.within(settings_.slow_delay);
    }
    if (rule.kind == FaultKind::throttle) {
        fault.retry_after = settings_.retry_after;
    }
    fault.only_at_replica =
        rule.kind == FaultKind::down && !rule.region.empty() && rule.region != call.region;
    return fault;
}

Fault FaultPlan::decide(const FaultCall& call) {
    if (call.at < phase_.window.from || call.at >= phase_.window.until) {
        enter_phase(call.at);
    }
    // Uses one random number per call, independent of the rates, so that raising one rate does not
    // affect other calls.
    double draw = random_.fraction();
    std::array<bool, kFaultKinds> decided{};
    for (const std::size_t index : phase_.rules) {
        const FaultRule& rule = settings_.rules[index];
        bool& is_decided = decided[static_cast<std::size_t>(rule.kind)];
        if (is_decided || !is_about(rule, call)) {
            continue;
        }
        is_decided = true;
        if (draw < rule.rate) {
            return make_fault(rule, call);
        }
        draw -= rule.rate;
    }
    return {};
}

}  // namespace keyferry::simulator
