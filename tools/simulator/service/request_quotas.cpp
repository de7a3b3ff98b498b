// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/request_quotas.hpp"

#include <algorithm>
#include <cmath>

namespace keyferry::simulator {

namespace {

/// In the order of KmsApi.
constexpr std::array<std::uint32_t, io::kKmsApiCount> kDefaultQuotas{
    5,      // CancelKeyDeletion
    5,      // CreateAlias
    50,     // CreateGrant
    5,      // CreateKey
    10000,  // Decrypt
    15,     // DeleteAlias
    15,     // DeleteImportedKeyMaterial
    1000,   // DeriveSharedSecret
    2000,   // DescribeKey
    5,      // DisableKey
    5,      // DisableKeyRotation
    5,      // EnableKey
    15,     // EnableKeyRotation
    10000,  // Encrypt
    10000,  // GenerateDataKey
    100,    // GenerateDataKeyPair
    100,    // GenerateDataKeyPairWithoutPlaintext
    10000,  // GenerateDataKeyWithoutPlaintext
    10000,  // GenerateMac
    10000,  // GenerateRandom
    5,      // GetKeyLastUsage
    1000,   // GetKeyPolicy
    1000,   // GetKeyRotationStatus
    1,      // GetParametersForImport
    2000,   // GetPublicKey
    15,     // ImportKeyMaterial
    500,    // ListAliases
    100,    // ListGrants
    100,    // ListKeyPolicies
    100,    // ListKeyRotations
    500,    // ListKeys
    2000,   // ListResourceTags
    100,    // ListRetirableGrants
    15,     // PutKeyPolicy
    10000,  // ReEncrypt
    5,      // ReplicateKey
    50,     // RetireGrant
    50,     // RevokeGrant
    5,      // RotateKeyOnDemand
    15,     // ScheduleKeyDeletion
    1000,   // Sign
    10,     // TagResource
    5,      // UntagResource
    5,      // UpdateAlias
    5,      // UpdateKeyDescription
    5,      // UpdatePrimaryRegion
    1000,   // Verify
    10000,  // VerifyMac
};

/// The number of units in the quota for data key pairs.
constexpr std::uint32_t kDataKeyPairUnits = 100;

/// A Region's quota for symmetric keys, as a multiple of the default quota.
std::uint32_t symmetric_quota_factor(std::string_view region) {
    constexpr std::array<std::string_view, 3> kTenfold{"us-east-1", "us-west-2", "eu-west-1"};
    constexpr std::array<std::string_view, 6> kTwofold{"us-east-2",
                                                       "ap-southeast-1",
                                                       "ap-southeast-2",
                                                       "ap-northeast-1",
                                                       "eu-central-1",
                                                       "eu-west-2"};
    if (std::find(kTenfold.begin(), kTenfold.end(), region) != kTenfold.end()) {
        return 10;
    }
    return std::find(kTwofold.begin(), kTwofold.end(), region) != kTwofold.end() ? 2 : 1;
}

std::uint32_t units_of_data_key_pair(std::string_view key_pair_spec) {
    constexpr std::uint32_t kRsa2048Units = kDataKeyPairUnits / 20;
    constexpr std::uint32_t kRsa3072Units = kDataKeyPairUnits / 4;
    if (key_pair_spec == "RSA_2048") {
        return kRsa2048Units;
    }
    if (key_pair_spec == "RSA_3072") {
        return kRsa3072Units;
    }
    return key_pair_spec == "RSA_4096" ? kDataKeyPairUnits : 1;
}

}  // namespace

SharedQuotaCharge shared_quota_charge(io::KmsApi api, std::string_view key_spec) noexcept {
    if (api == io::KmsApi::generate_data_key_pair ||
        api == io::KmsApi::generate_data_key_pair_without_plaintext) {
        return {io::KmsApi::generate_data_key_pair, units_of_data_key_pair(key_spec)};
    }
    const std::string_view family = key_spec.substr(0, key_spec.find('_'));
    if (family == "RSA") {
        return {io::KmsApi::sign, 1};
    }
    const bool is_symmetric = family == "SYMMETRIC" || family == "HMAC";
    return {is_symmetric ? io::KmsApi::encrypt : io::KmsApi::derive_shared_secret, 1};
}

std::uint32_t default_request_quota(io::KmsApi api) noexcept {
    return kDefaultQuotas[static_cast<std::size_t>(api)];
}

std::uint32_t RequestQuotas::scaled(io::KmsApi api, std::string_view region) const {
    if (scale_ <= 0) {
        return kUnlimited;
    }
    const std::uint32_t factor =
        api == io::KmsApi::encrypt ? symmetric_quota_factor(region) : std::uint32_t{1};
    const double quota = std::floor(default_request_quota(api) * factor * scale_);
    double quota_min = api == io::KmsApi::create_key ? kCreateKeyUnitsPerReplicateKey : 1;
    if (api == io::KmsApi::generate_data_key_pair) {
        quota_min = kDataKeyPairUnits;
    }
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
            (*known)[static_cast<std::size_t>(api)].quota = scaled(api, region);
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
