// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/names/kms_api.hpp"
#include "tools/simulator/values/name_table.hpp"
#include "tools/simulator/values/sliding_count.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

namespace keyferry::simulator {

/// What one request takes from one quota.
struct QuotaCharge {
    std::string_view account;
    std::string_view region;
    io::KmsApi api;
    std::uint32_t units;
};

/// The CreateKey units that one ReplicateKey takes in the replica's Region: the dry run and the
/// real one (KMS Developer Guide, "Request quotas").
inline constexpr std::uint32_t kCreateKeyUnitsPerReplicateKey = 2;

/// KMS's default quota in requests per second, per account and Region: CreateKey 5, DescribeKey
/// 2000, ... Written down here and not taken from the planner, so that one checks the other.
[[nodiscard]] std::uint32_t default_request_quota(io::KmsApi api) noexcept;

/// KMS's request quotas: for each account, Region and API so many requests in any one second.
/// A refused request takes nothing. Not thread-safe; time comes in as an argument.
class RequestQuotas {
  public:
    /// Every default quota times `scale`, rounded down, but at least what one call takes (CreateKey
    /// 2, the others 1); 0 means no quotas at all.
    explicit RequestQuotas(double scale) : scale_(scale) {}

    /// Another quota for one account, Region and API, in requests per second, not scaled.
    void set(std::string_view account,
             std::string_view region,
             io::KmsApi api,
             std::uint32_t quota);

    /// Takes the charge if there is room for all of it in the last second; false is a throttle.
    bool take(const QuotaCharge& charge, io::Moment now);

    /// The quota in force, in requests per second; the largest uint32 where there is none.
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
    NameTable names_;
    boost::unordered_flat_map<std::uint64_t, std::unique_ptr<Buckets>> places_;
};

}  // namespace keyferry::simulator
