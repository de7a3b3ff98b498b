// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/run_settings_check.hpp"

#include "io/names/kms_api.hpp"
#include "planner/spec/region_list.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace keyferry::planner {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

template <typename T, typename U>
void set_if_written(T& setting, const std::optional<Located<U>>& written) {
    if (written) {
        setting = static_cast<T>(written->value);
    }
}

/// Reads one [[limits.quota]] table: an override for each operation that it names.
void read_quota(const SpecNode& node, Limits& limits, DiagnosticList& problems) {
    TableReader table(node, "[[limits.quota]]", problems);
    const std::size_t errors_before = problems.error_count();
    QuotaOverride quota;
    if (const auto text = table.string("account")) {
        const io::Parsed<io::AccountId> account = io::AccountId::parse(text->value);
        if (account) {
            quota.account = *account;
        } else {
            problems.error(text->where, account.error().text);
        }
    }
    if (const auto text = table.string("region")) {
        quota.region = read_region(*text, problems);
    }
    std::size_t written = 0;
    for (const io::KmsApi api : kConfigurableQuotas) {
        if (const auto per_s = table.number(io::name_of(api), 0, kQuotaPerSecondMax)) {
            quota.api = api;
            quota.quota_per_s = per_s->value;
            limits.overrides.push_back(quota);
            ++written;
        }
    }
    table.finish();
    if (written == 0 && problems.error_count() == errors_before) {
        std::string names;
        for (const io::KmsApi api : kConfigurableQuotas) {
            names.append(names.empty() ? "" : ", ").append(io::name_of(api));
        }
        problems.error(table.where(),
                       "[[limits.quota]] names no operation: write ReplicateKey = <requests per "
                       "second>; valid operations: " +
                           names);
    }
}

}  // namespace

void read_limits(const SpecNode& node, Limits& limits, DiagnosticList& problems) {
    TableReader table(node, "[limits]", problems);
    set_if_written(limits.share, table.number("share", 0, 1));
    set_if_written(limits.in_flight_max_per_endpoint,
                   table.integer("in_flight_max_per_endpoint", 1, 1000));
    set_if_written(limits.in_flight_max, table.integer("in_flight_max", 1, 10'000));
    for (const SpecNode* quota : table.tables("quota")) {
        read_quota(*quota, limits, problems);
    }
    table.finish();
}

void read_retry(const SpecNode& node, RetrySettings& retry, DiagnosticList& problems) {
    TableReader table(node, "[retry]", problems);
    set_if_written(retry.attempts_max, table.integer("attempts_max", 1, 100));
    set_if_written(retry.transient_delay_base,
                   table.duration("transient_delay_base", milliseconds(1), minutes(1)));
    set_if_written(retry.throttle_delay_base,
                   table.duration("throttle_delay_base", milliseconds(1), minutes(5)));
    const auto delay_max = table.duration("delay_max", milliseconds(1), minutes(5));
    set_if_written(retry.delay_max, delay_max);
    set_if_written(retry.malformed_policy_max,
                   table.duration("malformed_policy_max", seconds(0), hours(1)));
    table.finish();
    if (delay_max && (retry.delay_max < retry.transient_delay_base ||
                      retry.delay_max < retry.throttle_delay_base)) {
        problems.error(delay_max->where,
                       "delay_max in [retry] must not be less than transient_delay_base or "
                       "throttle_delay_base");
    }
}

void read_wait(const SpecNode& node, WaitSettings& wait, DiagnosticList& problems) {
    TableReader table(node, "[wait]", problems);
    set_if_written(wait.until_ready, table.boolean("until_ready"));
    set_if_written(wait.ready_timeout, table.duration("ready_timeout", seconds(1), hours(24)));
    set_if_written(wait.doubt_timeout, table.duration("doubt_timeout", seconds(1), minutes(10)));
    set_if_written(wait.park_timeout, table.duration("park_timeout", seconds(1), hours(24)));
    const auto poll_min = table.duration("poll_delay_min", milliseconds(100), minutes(10));
    set_if_written(wait.poll_delay_min, poll_min);
    const auto poll_max = table.duration("poll_delay_max", milliseconds(100), hours(1));
    set_if_written(wait.poll_delay_max, poll_max);
    table.finish();
    if ((poll_min || poll_max) && wait.poll_delay_max < wait.poll_delay_min) {
        problems.error((poll_max ? poll_max : poll_min)->where,
                       "poll_delay_max in [wait] must not be less than poll_delay_min");
    }
}

void read_prices(const SpecNode& node, Prices& prices, DiagnosticList& problems) {
    TableReader table(node, "[prices]", problems);
    set_if_written(prices.key_usd_per_month, table.number("key_usd_per_month", 0, kPriceUsdMax));
    set_if_written(prices.requests_usd_per_10000,
                   table.number("requests_usd_per_10000", 0, kPriceUsdMax));
    table.finish();
}

}  // namespace keyferry::planner
