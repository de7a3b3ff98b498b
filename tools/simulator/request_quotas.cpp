#include "tools/simulator/request_quotas.hpp"

#include <algorithm>
#include <cmath>

namespace keyferry {

std::uint32_t default_request_quota(KmsApi api) noexcept {
    constexpr std::uint32_t kCreateKey = 5;
    constexpr std::uint32_t kDescribeKey = 2000;
    constexpr std::uint32_t kGetKeyPolicy = 1000;
    constexpr std::uint32_t kListAliases = 500;
    constexpr std::uint32_t kListKeys = 500;
    constexpr std::uint32_t kListResourceTags = 2000;
    constexpr std::uint32_t kReplicateKey = 5;
    switch (api) {
        case KmsApi::create_key:
            return kCreateKey;
        case KmsApi::describe_key:
            return kDescribeKey;
        case KmsApi::get_key_policy:
            return kGetKeyPolicy;
        case KmsApi::list_aliases:
            return kListAliases;
        case KmsApi::list_keys:
            return kListKeys;
        case KmsApi::list_resource_tags:
            return kListResourceTags;
        case KmsApi::replicate_key:
            return kReplicateKey;
    }
    return kCreateKey;
}

std::uint32_t RequestQuotas::scaled(KmsApi api) const {
    if (scale_ <= 0) {
        return kUnlimited;
    }
    const double quota = std::floor(default_request_quota(api) * scale_);
    const double quota_min = api == KmsApi::create_key ? kCreateKeyUnitsPerReplicateKey : 1;
    return static_cast<std::uint32_t>(std::clamp(quota, quota_min, kUnlimited - 1.0));
}

RequestQuotas::Buckets& RequestQuotas::buckets(std::string_view account, std::string_view region) {
    constexpr unsigned kBitsOfNumber = 32;
    const std::uint64_t place =
        (std::uint64_t{names_.number(account)} << kBitsOfNumber) | names_.number(region);
    auto& known = places_[place];
    if (!known) {
        known = std::make_unique<Buckets>();
        for (const KmsApi api : kKmsApis) {
            (*known)[static_cast<std::size_t>(api)].quota = scaled(api);
        }
    }
    return *known;
}

void RequestQuotas::set(std::string_view account,
                        std::string_view region,
                        KmsApi api,
                        std::uint32_t quota) {
    buckets(account, region)[static_cast<std::size_t>(api)].quota = quota;
}

std::uint32_t RequestQuotas::quota(std::string_view account, std::string_view region, KmsApi api) {
    return buckets(account, region)[static_cast<std::size_t>(api)].quota;
}

bool RequestQuotas::take(const QuotaCharge& charge, Moment now) {
    Bucket& bucket = buckets(charge.account, charge.region)[static_cast<std::size_t>(charge.api)];
    if (bucket.quota == kUnlimited) {
        return true;
    }
    if (bucket.taken.count(now) + charge.units > bucket.quota) {
        return false;
    }
    bucket.taken.add(now, charge.units);
    return true;
}

}  // namespace keyferry
