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
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace keyferry::simulator {

struct SimulatorSettings {
    KmsModelSettings model;  ///< its seed is that of everything
    double quota_scale = 1;  ///< times KMS's default request quotas; 0 for none
    FaultSettings faults;
    /// What the windows of faults count from; nothing: the first request.
    std::optional<io::Moment> started_at;
    std::size_t ledger_entries_max = Ledger::kEntriesMaxDefault;
};

/// What the client gets to see of an answer.
enum class Delivery : std::uint8_t {
    answered,
    closed,       ///< the connection closes without an answer
    reset,        ///< the connection is reset
    unreachable,  ///< no connection to the endpoint; over HTTP the nearest thing: a reset
};

template <typename Result>
struct Served {
    std::variant<Result, KmsRefusal> answer;  ///< what would be answered, if Delivery is another
    Delivery delivery = Delivery::answered;
    std::chrono::nanoseconds delay{0};                     ///< before the answer leaves
    std::string request_id;                                ///< a UUID
    std::optional<std::chrono::milliseconds> retry_after;  ///< x-amz-retry-after
};

/// A quota of which one second has seen more than it allows.
struct QuotaPassed {
    LedgerPeak peak;
    std::uint32_t quota;
};

/// A whole KMS in memory: request quotas, faults, the model and the ledger, in the order in which a
/// request passes them. The in-process client and the HTTP front both stand on this.
/// Not thread-safe; deterministic.
///
/// Region names are believed (made-up Regions work), but at most kRegionsMax different ones:
/// calls for further ones are throttled.
class SimulatedKms {
  public:
    static constexpr std::size_t kRegionsMax = 1000;

    explicit SimulatedKms(const SimulatorSettings& settings);

    /// `place` is the caller's account and the Region of the endpoint that was asked. For each
    /// request that has a KmsOperation.
    template <typename Request>
    Served<ResultOf<Request>> serve(const io::AccountRegion& place,
                                    const Request& request,
                                    const SimulatedTime& time);

    /// Records a request that never came as far as a typed request: a wrong signature, an unknown
    /// operation, a broken body. `entry` has what is known of it. Returns a request id for it.
    std::string record_turned_away(LedgerEntry entry, const KmsRefusal& refusal);

    /// Records a request to another service than KMS. Returns a request id for it.
    std::string record_other(LedgerEntry entry);

    /// The quotas that the client has passed in some one-second window, by what it sent: granted
    /// or not, and also where a fault was the answer. Windows are those of the arrivals, so a
    /// client that keeps its spacing needs a way to KMS that always takes the same time.
    std::vector<QuotaPassed> quotas_passed();

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
    /// Takes `here`, and then `there`, whose Region is one that a request names.
    bool take_both(const QuotaCharge& here, const QuotaCharge& there, io::Moment now);
    template <typename Request>
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
