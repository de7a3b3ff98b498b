// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/names/kms_api.hpp"
#include "tools/simulator/values/name_table.hpp"
#include "tools/simulator/values/sliding_count.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

namespace keyferry::simulator {

/// The units that one request takes from one quota.
struct QuotaCharge {
    std::string_view account;
    std::string_view region;
    io::KmsApi api;
    std::uint32_t units;
};

/// The CreateKey units that one ReplicateKey takes in the replica's Region: one for the dry run and
/// one for the actual request (KMS Developer Guide, "Request quotas").
inline constexpr std::uint32_t kCreateKeyUnitsPerReplicateKey = 2;

/// The units that one cryptographic operation takes from the quota that it shares with other
/// operations. The quota is identified by one of its operations, `api`.
struct SharedQuotaCharge {
    io::KmsApi api;
    std::uint32_t units;
};

/// Cryptographic operations share one quota for each type of key ("Shared quotas for cryptographic
/// operations" in the KMS Developer Guide). The quotas are identified by Encrypt (symmetric and
/// HMAC keys, and GenerateRandom), Sign (RSA keys) and DeriveSharedSecret (elliptic curve keys).
/// `key_spec` is the key spec of the key or, for data key pairs, of the pair.
///
/// For data key pairs, KMS has a quota for each key spec: 100 per second for elliptic curves, 20
/// for RSA_2048, 4 for RSA_3072, 1 for RSA_4096. The simulator instead has one shared quota of 100
/// units, and slower pairs take more units from it.
[[nodiscard]] SharedQuotaCharge shared_quota_charge(io::KmsApi api,
                                                    std::string_view key_spec) noexcept;

/// KMS's default quota in requests per second, per account and Region: CreateKey 5, DescribeKey
/// 2000, ... The values are independent of the planner's values, so that tests can compare the two.
[[nodiscard]] std::uint32_t default_request_quota(io::KmsApi api) noexcept;

/// KMS's request quotas: a maximum number of requests per account, Region and API in any one-second
/// window. A rejected request does not use the quota. The class is not thread-safe, and the caller
/// passes in the time.
class RequestQuotas {
  public:
    /// Multiplies every default quota by `scale` and rounds down, but not below the units of one
    /// call (CreateKey 2, data key pairs 100, all others 1). The quota for symmetric keys depends
    /// on the Region. 0 disables quotas.
    explicit RequestQuotas(double scale) : scale_(scale) {}

    /// 0: quotas are disabled.
    [[nodiscard]] double scale() const noexcept { return scale_; }

    /// Sets the quota of one account, Region and API, in requests per second. It is not scaled.
    void set(std::string_view account,
             std::string_view region,
             io::KmsApi api,
             std::uint32_t quota);

    /// Returns the units that other callers of an account take from one quota in the second before
    /// `now`.
    using OtherCallers = std::function<std::uint32_t(std::string_view account,
                                                     std::string_view region,
                                                     io::KmsApi api,
                                                     std::uint32_t quota,
                                                     io::Moment now)>;

    /// Simulates other callers, such as production traffic, that use the same quotas. Only the
    /// remaining units are available.
    void set_other_callers(OtherCallers units) { other_callers_ = std::move(units); }

    /// Charges the quota if all units fit into the window; returns false if the call is throttled.
    bool take(const QuotaCharge& charge, io::Moment now);

    /// The effective quota, in requests per second; kUnlimited if there is none.
    std::uint32_t quota(std::string_view account, std::string_view region, io::KmsApi api);

    static constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

  private:
    struct Bucket {
        std::uint32_t quota = kUnlimited;
        SlidingCount taken;
    };
    using Buckets = std::array<Bucket, io::kKmsApis.size()>;

    Buckets& buckets(std::string_view account, std::string_view region);
    [[nodiscard]] std::uint32_t scaled(io::KmsApi api, std::string_view region) const;

    double scale_;
    OtherCallers other_callers_;
    NameTable names_;
    boost::unordered_flat_map<std::uint64_t, std::unique_ptr<Buckets>> places_;
};

}  // namespace keyferry::simulator
