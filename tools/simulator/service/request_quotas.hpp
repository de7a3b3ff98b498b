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

/// What one cryptographic operation takes from the quota that it shares with others. `api` is the
/// operation that stands for the quota.
struct SharedQuotaCharge {
    io::KmsApi api;
    std::uint32_t units;
};

/// Cryptographic operations share one quota for each type of key ("Shared quotas for cryptographic
/// operations" in the KMS Developer Guide): symmetric and HMAC keys and GenerateRandom (Encrypt
/// stands for it), RSA keys (Sign), elliptic curve keys (DeriveSharedSecret). `key_spec` is that of
/// the key, for data key pairs that of the pair.
///
/// For data key pairs, KMS has a quota for each key spec: 100 per second for elliptic curves, 20
/// for RSA_2048, 4 for RSA_3072, 1 for RSA_4096. Here they share one of 100 units, of which a pair
/// takes more, the slower it is.
[[nodiscard]] SharedQuotaCharge shared_quota_charge(io::KmsApi api,
                                                    std::string_view key_spec) noexcept;

/// KMS's default quota in requests per second, per account and Region: CreateKey 5, DescribeKey
/// 2000, ... Defined here independently of the planner, so that each can be checked against the
/// other.
[[nodiscard]] std::uint32_t default_request_quota(io::KmsApi api) noexcept;

/// KMS's request quotas: a maximum number of requests per account, Region and API in any one-second
/// window. A rejected request takes nothing. Not thread-safe; the caller passes in the time.
class RequestQuotas {
  public:
    /// Multiplies every default quota by `scale`, rounding down, but to no less than one call takes
    /// (CreateKey 2, data key pairs 100, all others 1). The quota for symmetric keys depends on the
    /// Region. 0 disables quotas.
    explicit RequestQuotas(double scale) : scale_(scale) {}

    /// Sets the quota of one account, Region and API, in requests per second; not scaled.
    void set(std::string_view account,
             std::string_view region,
             io::KmsApi api,
             std::uint32_t quota);

    /// The units that other callers of an account take from one quota in the second before `now`.
    using OtherCallers = std::function<std::uint32_t(std::string_view account,
                                                     std::string_view region,
                                                     io::KmsApi api,
                                                     std::uint32_t quota,
                                                     io::Moment now)>;

    /// Simulates other callers, such as production traffic, that use the same quotas: only the rest
    /// is available to charges.
    void set_other_callers(OtherCallers units) { other_callers_ = std::move(units); }

    /// Takes the charge if the window has room for all of it; returns false if the call is
    /// throttled.
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
