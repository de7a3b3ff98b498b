// SPDX-License-Identifier: Apache-2.0
#include "planner/saved/saved_settings.hpp"

#include "planner/spec/run_settings_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr std::array kRetryDurations{
    std::pair("transient_delay_base_ms", &RetrySettings::transient_delay_base),
    std::pair("throttle_delay_base_ms", &RetrySettings::throttle_delay_base),
    std::pair("delay_max_ms", &RetrySettings::delay_max),
    std::pair("malformed_policy_max_ms", &RetrySettings::malformed_policy_max),
};
constexpr std::array kWaitDurations{
    std::pair("ready_timeout_ms", &WaitSettings::ready_timeout),
    std::pair("doubt_timeout_ms", &WaitSettings::doubt_timeout),
    std::pair("park_timeout_ms", &WaitSettings::park_timeout),
    std::pair("poll_delay_min_ms", &WaitSettings::poll_delay_min),
    std::pair("poll_delay_max_ms", &WaitSettings::poll_delay_max),
};
constexpr double kDurationMsMax = 24.0 * 60 * 60 * 1000;

/// Reads members and records the first one that is missing or invalid.
class Members {
  public:
    explicit Members(const json::object& object) : object_(&object) {}

    double number(const char* name, double least, double most) {
        const json::value* value = object_->if_contains(name);
        if (value == nullptr || !value->is_number()) {
            return complain(name), least;
        }
        const double number = value->to_number<double>();
        if (!(number >= least && number <= most)) {
            return complain(name), least;
        }
        return number;
    }
    int whole(const char* name, int least, int most) {
        return static_cast<int>(number(name, least, most));
    }
    milliseconds duration(const char* name) {
        return milliseconds(std::llround(number(name, 0, kDurationMsMax)));
    }
    bool boolean(const char* name) {
        const json::value* value = object_->if_contains(name);
        if (value == nullptr || !value->is_bool()) {
            return complain(name), false;
        }
        return value->get_bool();
    }
    const json::object& object(const char* name) {
        static const json::object kEmpty;
        const json::value* value = object_->if_contains(name);
        if (value == nullptr || !value->is_object()) {
            return complain(name), kEmpty;
        }
        return value->get_object();
    }

    void complain(const char* name) {
        if (problem.empty()) {
            problem = std::string("the setting ") + name + " is missing or out of range";
        }
    }

    std::string problem;

  private:
    const json::object* object_;
};

json::object quota_json(const QuotaOverride& quota) {
    json::object object;
    object["account"] = quota.account ? json::value(quota.account->digits()) : json::value();
    object["region"] = quota.region ? json::value(quota.region->name()) : json::value();
    object["api"] = io::name_of(quota.api);
    object["per_s"] = quota.quota_per_s;
    return object;
}

std::optional<QuotaOverride> read_quota(const json::value& value) {
    if (!value.is_object()) {
        return std::nullopt;
    }
    const json::object& object = value.get_object();
    QuotaOverride quota;
    const json::value* account = object.if_contains("account");
    const json::value* region = object.if_contains("region");
    const json::value* api = object.if_contains("api");
    Members members(object);
    quota.quota_per_s = members.number("per_s", 0, kQuotaPerSecondMax);
    if (!members.problem.empty() || quota.quota_per_s <= 0 || account == nullptr ||
        region == nullptr || api == nullptr || !api->is_string()) {
        return std::nullopt;
    }
    if (account->is_string()) {
        const io::Parsed<io::AccountId> parsed = io::AccountId::parse(account->get_string());
        if (!parsed) {
            return std::nullopt;
        }
        quota.account = *parsed;
    }
    if (region->is_string()) {
        const io::Parsed<io::Region> parsed = io::Region::parse(region->get_string());
        if (!parsed) {
            return std::nullopt;
        }
        quota.region = *parsed;
    }
    const std::optional<io::KmsApi> named = io::kms_api_named(api->get_string());
    if (!named) {
        return std::nullopt;
    }
    quota.api = *named;
    return quota;
}

std::string read_quotas(const json::object& limits, std::vector<QuotaOverride>& quotas) {
    const json::value* list = limits.if_contains("quotas");
    if (list == nullptr || !list->is_array()) {
        return "the setting quotas is missing or not an array";
    }
    for (const json::value& value : list->get_array()) {
        const std::optional<QuotaOverride> quota = read_quota(value);
        if (!quota) {
            return "the setting quotas contains an invalid element";
        }
        quotas.push_back(*quota);
    }
    return {};
}

json::object access_json(const AccountAccess& access) {
    json::object object;
    object["account"] = access.account.digits();
    object["profile"] = access.profile;
    object["role"] = access.role;
    object["external_id"] = access.external_id;
    object["session_name"] = access.session_name;
    object["duration_ms"] = access.duration ? json::value(access.duration->count()) : json::value();
    object["session_policy"] = access.session_policy;
    return object;
}

std::optional<AccountAccess> read_access(const json::value& value) {
    if (!value.is_object()) {
        return std::nullopt;
    }
    const json::object& object = value.get_object();
    bool is_whole = true;
    const auto text = [&](const char* name) {
        const json::value* member = object.if_contains(name);
        is_whole = is_whole && member != nullptr && member->is_string();
        return is_whole ? std::string(member->get_string()) : std::string();
    };
    const io::Parsed<io::AccountId> account = io::AccountId::parse(text("account"));
    const json::value* duration = object.if_contains("duration_ms");
    if (!account || duration == nullptr || !(duration->is_null() || duration->is_int64())) {
        return std::nullopt;
    }
    AccountAccess access(*account);
    access.profile = text("profile");
    access.role = text("role");
    access.external_id = text("external_id");
    access.session_name = text("session_name");
    access.session_policy = text("session_policy");
    if (duration->is_int64()) {
        access.duration = milliseconds(duration->get_int64());
    }
    return is_whole ? std::optional(std::move(access)) : std::nullopt;
}

std::string read_accesses(const json::object& settings, std::vector<AccountAccess>& accounts) {
    const json::value* list = settings.if_contains("accounts");
    if (list == nullptr || !list->is_array()) {
        return "the setting accounts is missing or not an array";
    }
    for (const json::value& value : list->get_array()) {
        std::optional<AccountAccess> access = read_access(value);
        if (!access) {
            return "the setting accounts contains an invalid element";
        }
        accounts.push_back(*std::move(access));
    }
    return {};
}

}  // namespace

json::object settings_json(const RunSettings& settings) {
    json::object object;
    json::object& limits = object["limits"].emplace_object();
    limits["share"] = settings.limits.share;
    limits["in_flight_max_per_endpoint"] = settings.limits.in_flight_max_per_endpoint;
    limits["in_flight_max"] = settings.limits.in_flight_max;
    json::array& quotas = limits["quotas"].emplace_array();
    for (const QuotaOverride& quota : settings.limits.overrides) {
        quotas.push_back(quota_json(quota));
    }
    json::object& retry = object["retry"].emplace_object();
    retry["attempts_max"] = settings.retry.attempts_max;
    for (const auto& [name, member] : kRetryDurations) {
        retry[name] = (settings.retry.*member).count();
    }
    json::object& wait = object["wait"].emplace_object();
    wait["until_ready"] = settings.wait.until_ready;
    for (const auto& [name, member] : kWaitDurations) {
        wait[name] = (settings.wait.*member).count();
    }
    json::object& prices = object["prices"].emplace_object();
    prices["key_usd_per_month"] = settings.prices.key_usd_per_month;
    prices["requests_usd_per_10000"] = settings.prices.requests_usd_per_10000;
    json::array& accounts = object["accounts"].emplace_array();
    for (const AccountAccess& access : settings.accounts) {
        accounts.push_back(access_json(access));
    }
    return object;
}

io::Parsed<RunSettings> read_settings_json(const json::object& object) {
    RunSettings settings;
    Members tables(object);
    const json::object& limits_object = tables.object("limits");
    Members limits(limits_object);
    settings.limits.share = limits.number("share", 1e-6, 1);
    settings.limits.in_flight_max_per_endpoint =
        limits.whole("in_flight_max_per_endpoint", 1, 1000);
    settings.limits.in_flight_max = limits.whole("in_flight_max", 1, 10'000);
    std::string quotas = read_quotas(limits_object, settings.limits.overrides);
    Members retry(tables.object("retry"));
    settings.retry.attempts_max = retry.whole("attempts_max", 1, 100);
    for (const auto& [name, member] : kRetryDurations) {
        settings.retry.*member = retry.duration(name);
    }
    Members wait(tables.object("wait"));
    settings.wait.until_ready = wait.boolean("until_ready");
    for (const auto& [name, member] : kWaitDurations) {
        settings.wait.*member = wait.duration(name);
    }
    Members prices(tables.object("prices"));
    settings.prices.key_usd_per_month = prices.number("key_usd_per_month", 0, kPriceUsdMax);
    settings.prices.requests_usd_per_10000 =
        prices.number("requests_usd_per_10000", 0, kPriceUsdMax);
    std::string accounts = read_accesses(object, settings.accounts);
    for (const std::string* problem : {&tables.problem,
                                       &limits.problem,
                                       &quotas,
                                       &retry.problem,
                                       &wait.problem,
                                       &prices.problem,
                                       &accounts}) {
        if (!problem->empty()) {
            return io::ParseProblem{*problem};
        }
    }
    return settings;
}

}  // namespace keyferry::planner
