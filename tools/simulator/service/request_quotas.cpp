// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/request_quotas.hpp"

#include <algorithm>
#include <cmath>

namespace keyferry::simulator {

namespace {

/// In the order of KmsApi.
constexpr std::array<std::uint32_t, io::kKmsApiCount> kDefaultQuotas{
    5,     // CancelKeyDeletion
    5,     // CreateAlias
    50,    // CreateGrant
    5,     // CreateKey
    15,    // DeleteAlias
    15,    // DeleteImportedKeyMaterial
    2000,  // DescribeKey
    5,     // DisableKey
    5,     // DisableKeyRotation
    5,     // EnableKey
    15,    // EnableKeyRotation
    1000,  // GetKeyPolicy
    1000,  // GetKeyRotationStatus
    1,     // GetParametersForImport
    15,    // ImportKeyMaterial
    500,   // ListAliases
    100,   // ListGrants
    100,   // ListKeyPolicies
    100,   // ListKeyRotations
    500,   // ListKeys
    2000,  // ListResourceTags
    100,   // ListRetirableGrants
    15,    // PutKeyPolicy
    5,     // ReplicateKey
    50,    // RetireGrant
    50,    // RevokeGrant
    5,     // RotateKeyOnDemand
    15,    // ScheduleKeyDeletion
    10,    // TagResource
    5,     // UntagResource
    5,     // UpdateAlias
    5,     // UpdateKeyDescription
    5,     // UpdatePrimaryRegion
};

}  // namespace

std::uint32_t default_request_quota(io::KmsApi api) noexcept {
    return kDefaultQuotas[static_cast<std::size_t>(api)];
}

std::uint32_t RequestQuotas::scaled(io::KmsApi api) const {
    if (scale_ <= 0) {
        return kUnlimited;
    }
    const double quota = std::floor(default_request_quota(api) * scale_);
    const double quota_min = api == io::KmsApi::create_key ? kCreateKeyUnitsPerReplicateKey : 1;
    return static_cast<std::uint32_t>(std::clamp(quota, quota_min, kUnlimited - 1.0));
}

RequestQuotas::Buckets& RequestQuotas::buckets(std::string_view account, std::string_view region) {
    constexpr unsigned kBitsOfNumber = 32;
    const std::uint64_t place =
        (std::uint64_t{names_.number(account)} << kBitsOfNumber) | names_.number(region);
    auto& known = places_[place];
    if (!known) {
        known = std::make_unique<Buckets>();
        for (const io::KmsApi api : io::kKmsApis) {
            (*known)[static_cast<std::size_t>(api)].quota = scaled(api);
        }
    }
    return *known;
}

void RequestQuotas::set(std::string_view account,
                        std::string_view region,
                        io::KmsApi api,
                        std::uint32_t quota) {
    buckets(account, region)[static_cast<std::size_t>(api)].quota = quota;
}

std::uint32_t RequestQuotas::quota(std::string_view account,
                                   std::string_view region,
                                   io::KmsApi api) {
    return buckets(account, region)[static_cast<std::size_t>(api)].quota;
}

bool RequestQuotas::take(const QuotaCharge& charge, io::Moment now) {
    Bucket& bucket = buckets(charge.account, charge.region)[static_cast<std::size_t>(charge.api)];
    if (bucket.quota == kUnlimited) {
        return true;
    }
    const std::uint32_t others =
        other_callers_
            ? other_callers_(charge.account, charge.region, charge.api, bucket.quota, now)
            : 0;
    if (bucket.taken.count(now) + others + charge.units > bucket.quota) {
        return false;
    }
    bucket.taken.add(now, charge.units);
    return true;
}

}  // namespace keyferry::simulator
