// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/service_quotas_handler.hpp"

#include "tools/simulator/values/fnv1a.hpp"
#include "tools/simulator/values/json_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kServiceName = "AWS Key Management Service (AWS KMS)";

/// Returns a code in the format of AWS's quota codes: "L-" and eight hexadecimal digits.
std::string code_for(std::string_view name) {
    return fmt::format("L-{:08X}", fnv1a_32(name));
}

/// AWS's name of an operation's request quota; empty for operations that share the quota of another
/// (see shared_quota_charge()).
std::string quota_name(io::KmsApi api) {
    switch (api) {
        case io::KmsApi::encrypt:
            return "Cryptographic operations (symmetric) request rate";
        case io::KmsApi::sign:
            return "Cryptographic operations (RSA) request rate";
        case io::KmsApi::derive_shared_secret:
            return "Cryptographic operations (ECC) request rate";
        case io::KmsApi::decrypt:
        case io::KmsApi::generate_data_key:
        case io::KmsApi::generate_data_key_pair_without_plaintext:
        case io::KmsApi::generate_data_key_without_plaintext:
        case io::KmsApi::generate_mac:
        case io::KmsApi::generate_random:
        case io::KmsApi::re_encrypt:
        case io::KmsApi::verify:
        case io::KmsApi::verify_mac:
            return {};
        default:
            return fmt::format("{} request rate", name_of(api));
    }
}

/// Returns one page of the quotas.
template <typename Quota, typename Append>
JsonServiceResult list_of(const std::vector<Quota>& quotas, const JsonCall& call, Append append) {
    constexpr std::int64_t kPageSizeMax = 100;
    const std::int64_t asked = call.number("MaxResults").value_or(kPageSizeMax);
    if (asked < 1 || asked > kPageSizeMax) {
        return JsonServiceError{
            "IllegalArgumentException", "MaxResults must be from 1 to 100.", ""};  // not recorded
    }
    JsonPageRule rule;
    rule.items = quotas.size();
    rule.page_size = static_cast<std::size_t>(asked);
    const std::optional<JsonPage> page = page_at(call.text("NextToken"), rule);
    if (!page) {
        return JsonServiceError{"InvalidPaginationTokenException", "Invalid NextToken.", ""};
    }
    const std::vector<Quota> shown(quotas.begin() + static_cast<std::ptrdiff_t>(page->begin),
                                   quotas.begin() + static_cast<std::ptrdiff_t>(page->end));
    std::string body;
    ObjectText object(body);
    object.list("Quotas", shown, append);
    if (!page->next_token.empty()) {
        object.text("NextToken", std::string_view(page->next_token));
    }
    object.close();
    return body;
}

}  // namespace

std::vector<ServiceQuotasHandler::Quota> ServiceQuotasHandler::quotas_at(
    const io::AccountRegion& place) {
    // AWS's names, codes and defaults. Only the first value can be configured.
    constexpr double kAliasesPerKey = 50;
    constexpr double kGrantsPerKey = 50'000;
    constexpr double kCustomKeyStores = 10;
    std::vector<Quota> quotas{
        {"L-C2F1777E",
         "Customer Master Keys (CMKs)",
         static_cast<double>(kms_.model().keys_per_region_max())},
        {"L-340F62FB", "Aliases per CMK", kAliasesPerKey},
        {"L-D594A657", "Grants per CMK", kGrantsPerKey},
        {"L-F33DCFEB", "Custom Key Stores", kCustomKeyStores},
    };
    for (const io::KmsApi api : io::kKmsApis) {
        const std::string name = quota_name(api);
        if (name.empty()) {
            continue;
        }
        const std::uint32_t quota =
            kms_.quotas().quota(place.account.digits(), place.region.name(), api);
        // If quotas are disabled (--quota-scale 0), the response contains the default.
        const bool is_unlimited = quota == RequestQuotas::kUnlimited;
        quotas.push_back({code_for(name),
                          name,
                          static_cast<double>(is_unlimited ? default_request_quota(api) : quota),
                          true});
    }
    return quotas;
}

bool ServiceQuotasHandler::take_request(const JsonCall& call) {
    // User Guide of Service Quotas, "Service quotas for Service Quotas": requests per second, and
    // as many additional requests in one burst.
    constexpr double kListPerSecond = 10;
    constexpr double kGetPerSecond = 5;
    const double rate = (call.operation == "ListServiceQuotas" ? kListPerSecond : kGetPerSecond) *
                        kms_.quotas().scale();
    if (rate <= 0) {
        return true;  // quotas are disabled
    }
    const double available_max = std::max(2 * rate, 1.0);
    const auto [entry, is_new] = requests_.try_emplace({call.place, std::string(call.operation)},
                                                       Available{available_max, call.time.now});
    Available& available = entry->second;
    const std::chrono::duration<double> passed = call.time.now - available.at;
    available.requests = std::min(available.requests + passed.count() * rate, available_max);
    available.at = call.time.now;
    if (available.requests < 1) {
        return false;
    }
    available.requests -= 1;
    return true;
}

JsonServiceResult ServiceQuotasHandler::serve(const JsonCall& call) {
    const bool is_list = call.operation == "ListServiceQuotas";
    if (!is_list && call.operation != "GetServiceQuota") {
        return JsonServiceError{"UnknownOperationException", "", ""};
    }
    if (!take_request(call)) {
        return JsonServiceError{"TooManyRequestsException",
                                "Due to throttling, the request was denied. Slow down the rate of "
                                "request calls, or request an increase for this quota.",
                                ""};
    }
    if (call.text("ServiceCode") != "kms") {
        return JsonServiceError{"NoSuchResourceException",
                                "The request failed because the specified service does not exist.",
                                ""};
    }
    const std::vector<Quota> quotas = quotas_at(call.place);
    const auto append = [&](const Quota& quota, std::string& json) {
        ObjectText object(json);
        object.text("ServiceCode", std::string_view("kms"));
        object.text("ServiceName", kServiceName);
        object.text("QuotaArn",
                    std::string_view(fmt::format("arn:{}:servicequotas:{}:{}:kms/{}",
                                                 call.place.region.partition().name,
                                                 call.place.region.name(),
                                                 call.place.account.digits(),
                                                 quota.code)));
        object.text("QuotaCode", std::string_view(quota.code));
        object.text("QuotaName", std::string_view(quota.name));
        fmt::format_to(std::back_inserter(object.member("Value")), "{:.1f}", quota.value);
        object.text("Unit", std::string_view("None"));
        object.flag("Adjustable", true);
        object.flag("GlobalQuota", false);
        if (quota.is_rate) {
            ObjectText period(object.member("Period"));
            period.number("PeriodValue", 1);
            period.text("PeriodUnit", std::string_view("SECOND"));
            period.close();
        }
        object.text("QuotaAppliedAtLevel", std::string_view("ACCOUNT"));
        object.close();
    };
    if (is_list) {
        return list_of(quotas, call, append);
    }
    const auto found = std::find_if(quotas.begin(), quotas.end(), [&](const Quota& quota) {
        return quota.code == call.text("QuotaCode");
    });
    if (found == quotas.end()) {
        return JsonServiceError{"NoSuchResourceException",
                                "The request failed because the specified quota does not exist.",
                                ""};
    }
    std::string body;
    ObjectText object(body);
    append(*found, object.member("Quota"));
    object.close();
    return body;
}

}  // namespace keyferry::simulator
