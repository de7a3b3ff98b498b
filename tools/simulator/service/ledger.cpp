// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/ledger.hpp"

#include "io/json/json_string.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

namespace keyferry::simulator {

namespace {

std::uint64_t place_of(std::uint32_t account, std::uint32_t region) {
    return (std::uint64_t{account} << 32U) | region;
}

void append_member(std::string_view name, std::string_view value, std::string& text) {
    if (!value.empty()) {
        fmt::format_to(std::back_inserter(text), ",\"{}\":", name);
        io::append_json_string(value, text);
    }
}

}  // namespace

void append_json(const LedgerEntry& entry, std::string& text) {
    fmt::format_to(
        std::back_inserter(text), "{{\"time_ms\":{}", entry.wall.time_since_epoch().count());
    append_member("account", entry.account, text);
    append_member("region", entry.region, text);
    append_member("operation", entry.operation, text);
    append_member("key", entry.key, text);
    append_member("replica_region", entry.replica_region, text);
    if (entry.fault != FaultKind::none) {
        append_member("fault", name_of(entry.fault), text);
    }
    if (entry.effect.kind != EffectKind::none) {
        append_member("effect", name_of(entry.effect.kind), text);
        append_member("effect_key", entry.effect.key_id.text(), text);
        append_member("effect_region", entry.effect.region, text);
    }
    fmt::format_to(std::back_inserter(text),
                   ",\"answered\":{},\"status\":{}",
                   entry.answered,
                   entry.http_status);
    append_member("code", entry.code, text);
    append_member("request_id", entry.request_id, text);
    text.push_back('}');
}

void Ledger::record(LedgerEntry entry) {
    ++requests_;
    if (const auto api = io::kms_api_named(entry.operation)) {
        ++requests_by_api_[index(*api)];
    }
    last_request_ = entry.time;
    ++effects_by_kind_[index(entry.effect.kind)];
    if (creates_key(entry.effect.kind)) {
        ++creations_[KeyLocation{entry.effect.key_id, names_.number(entry.effect.region)}];
    }
    if (entry.key.size() > kLedgerKeyMax) {
        entry.key.resize(kLedgerKeyMax);
    }
    if (observer_) {
        observer_(entry);
    }
    if (entries_max_ == 0) {
        return;
    }
    if (entries_.size() == entries_max_) {
        entries_.pop_front();
    }
    entries_.push_back(std::move(entry));
}

void Ledger::count_arrival(const QuotaCharge& charge, io::Moment now) {
    auto& known = arrivals_[place_of(names_.number(charge.account), names_.number(charge.region))];
    if (!known) {
        known = std::make_unique<ArrivalsByApi>();
    }
    Arrivals& arrivals = (*known)[index(charge.api)];
    arrivals.window.count(now);  // drops entries outside the window
    arrivals.window.add(now, charge.units);
    arrivals.peak = std::max(arrivals.peak, arrivals.window.count(now));
}

std::uint32_t Ledger::effects(std::string_view key_id, std::string_view region) const {
    const auto id = PackedKeyId::parse(key_id);
    const auto region_number = names_.find(region);
    if (!id || !region_number) {
        return 0;
    }
    const auto known = creations_.find(KeyLocation{*id, *region_number});
    return known == creations_.end() ? 0 : known->second;
}

std::uint32_t Ledger::peak(std::string_view account,
                           std::string_view region,
                           io::KmsApi api) const {
    const auto account_number = names_.find(account);
    const auto region_number = names_.find(region);
    if (!account_number || !region_number) {
        return 0;
    }
    const auto known = arrivals_.find(place_of(*account_number, *region_number));
    return known == arrivals_.end() ? 0 : (*known->second)[index(api)].peak;
}

std::vector<LedgerPeak> Ledger::peaks() const {
    std::vector<LedgerPeak> peaks;
    for (const auto& [place, arrivals] : arrivals_) {
        for (const io::KmsApi api : io::kKmsApis) {
            const std::uint32_t units = (*arrivals)[index(api)].peak;
            if (units > 0) {
                peaks.push_back(LedgerPeak{names_.text(static_cast<std::uint32_t>(place >> 32U)),
                                           names_.text(static_cast<std::uint32_t>(place)),
                                           api,
                                           units});
            }
        }
    }
    std::sort(peaks.begin(), peaks.end(), [](const LedgerPeak& a, const LedgerPeak& b) {
        return std::tie(a.account, a.region, a.api) < std::tie(b.account, b.region, b.api);
    });
    return peaks;
}

}  // namespace keyferry::simulator
