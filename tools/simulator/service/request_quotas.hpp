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

/// KMS's default quota in requests per second, per account and Region: CreateKey 5, DescribeKey
/// 2000, ... Defined here independently of the planner, so that each can be checked against the
/// other.
[[nodiscard]] std::uint32_t default_request_quota(io::KmsApi api) noexcept;

/// KMS's request quotas: a maximum number of requests per account, Region and API in any one-second
/// window. A rejected request takes nothing. Not thread-safe; the caller passes in the time.
class RequestQuotas {
  public:
    /// Multiplies every default quota by `scale`, rounding down, but to no less than one call takes
    /// (CreateKey 2, all others 1). 0 disables quotas.
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
    [[nodiscard]] std::uint32_t scaled(io::KmsApi api) const;

    double scale_;
    OtherCallers other_callers_;
    NameTable names_;
    boost::unordered_flat_map<std::uint64_t, std::unique_ptr<Buckets>> places_;
};

}  // namespace keyferry::simulator
