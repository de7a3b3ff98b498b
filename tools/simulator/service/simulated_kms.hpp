// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/kms_requests.hpp"
#include "tools/simulator/model/kms_model.hpp"
#include "tools/simulator/requests/kms_operation.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"
#include "tools/simulator/service/fault_plan.hpp"
#include "tools/simulator/service/ledger.hpp"
#include "tools/simulator/service/request_quotas.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keyferry::simulator {

struct SimulatorSettings {
    KmsModelSettings model;  ///< `seed` is used for all random numbers
    double quota_scale = 1;  ///< factor for KMS's default request quotas; 0 disables them
    FaultSettings faults;
    /// The start of the fault windows; nullopt: the time of the first request.
    std::optional<io::Moment> started_at;
    std::size_t ledger_entries_max = Ledger::kEntriesMaxDefault;
};

/// How the response is delivered to the client.
enum class Delivery : std::uint8_t {
    answered,
    closed,       ///< the connection closes without a response
    reset,        ///< the connection is reset
    unreachable,  ///< the endpoint cannot be reached; HTTP approximates this with a reset
};

template <typename Result>
struct Served {
    std::variant<Result, KmsRefusal> response;  ///< the response, even if it is not delivered
    Delivery delivery = Delivery::answered;
    std::chrono::nanoseconds delay{0};                     ///< before the response is sent
    std::string request_id;                                ///< a UUID
    std::optional<std::chrono::milliseconds> retry_after;  ///< x-amz-retry-after
};

/// A quota that was exceeded in some one-second window.
struct ExceededQuota {
    LedgerPeak peak;
    std::uint32_t quota;
};

/// A complete, deterministic in-memory KMS. Each request passes through request quotas, faults, the
/// model and the ledger. Both the in-process client and the HTTP handler use this class. It is not
/// thread-safe.
///
/// Any Region name is accepted, even a hypothetical one. The number of different Regions is limited
/// to kRegionsMax; calls to additional Regions are throttled.
class SimulatedKms {
  public:
    static constexpr std::size_t kRegionsMax = 1000;

    explicit SimulatedKms(const SimulatorSettings& settings);

    /// `place` is the caller's account and the Region of the endpoint. Supports every request type
    /// that has a KmsOperation. The caller is authorized before quotas are charged. See KmsModel
    /// for requests without a caller.
    template <typename Request>
    Served<ResultOf<Request>> serve(const io::AccountRegion& place,
                                    const Request& request,
                                    const SimulatedTime& time,
                                    const PolicyCaller* caller = nullptr);

    /// Records a request that was rejected before it was decoded: invalid signature, unknown
    /// operation, or malformed body. `entry` contains what is known about it. Returns a new request
    /// ID.
    std::string record_rejected(LedgerEntry entry, const KmsRefusal& refusal);

    /// Records a request to a service other than KMS. Returns a new request ID.
    std::string record_other(LedgerEntry entry);

    /// The quotas that the client exceeded in any one-second window. All requests count, including
    /// rejected requests and requests with a fault. Windows are based on arrival times, so the
    /// pacing of a client is measured correctly only if the latency to KMS is constant.
    std::vector<ExceededQuota> exceeded_quotas();

    KmsModel& model() noexcept { return model_; }
    [[nodiscard]] const KmsModel& model() const noexcept { return model_; }
    RequestQuotas& quotas() noexcept { return quotas_; }
    FaultPlan& faults() noexcept { return faults_; }
    Ledger& ledger() noexcept { return ledger_; }
    [[nodiscard]] const Ledger& ledger() const noexcept { return ledger_; }

  private:
    Fault decide_fault(const LedgerEntry& entry, io::KmsApi api);
    bool knows_region(std::string_view region);
    bool take_quota(const QuotaCharge& charge, io::Moment now);
    bool take_quotas(const io::AccountRegion& place,
                     const io::ReplicateKeyRequest& request,
                     io::Moment now);
    bool take_quotas(const io::AccountRegion& place,
                     const UpdatePrimaryRegionRequest& request,
                     io::Moment now);
    /// Charges `here`, then `there`, whose Region is specified in the request.
    bool take_both(const QuotaCharge& here, const QuotaCharge& there, io::Moment now);
    template <typename Request>
    bool take_quotas(const io::AccountRegion& place, const Request& request, io::Moment now);
    /// Charges a cryptographic operation to the shared quota that `key_spec` determines.
    bool take_shared_quota(const io::AccountRegion& place,
                           io::KmsApi api,
                           std::string_view key_spec,
                           io::Moment now);
    bool take_quotas(const io::AccountRegion& place,
                     const ReEncryptRequest& request,
                     io::Moment now);
    bool take_quotas(const io::AccountRegion& place,
                     const GenerateRandomRequest& request,
                     io::Moment now);
    bool take_quotas(const io::AccountRegion& place,
                     const GetPublicKeyRequest& request,
                     io::Moment now);
    template <std::derived_from<KeyUseRequest> Request>
    bool take_quotas(const io::AccountRegion& place, const Request& request, io::Moment now);
    std::string next_request_id();

    NameTable regions_;
    std::optional<io::Moment> started_at_;
    KmsModel model_;
    RequestQuotas quotas_;
    FaultPlan faults_;
    Ledger ledger_;
    SeededRandom request_ids_;
};

}  // namespace keyferry::simulator
