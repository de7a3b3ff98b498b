// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/names/kms_api.hpp"
#include "tools/simulator/model/effect.hpp"
#include "tools/simulator/service/fault_plan.hpp"
#include "tools/simulator/service/request_quotas.hpp"
#include "tools/simulator/values/name_table.hpp"
#include "tools/simulator/values/sliding_count.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// One request and its outcome.
struct LedgerEntry {
    io::Moment time;
    io::WallTime wall;
    std::string account;    ///< empty if the signature does not identify it
    std::string region;     ///< Region of the endpoint, from the credential scope
    std::string operation;  ///< as sent by the client, even if unknown: "ReplicateKey"
    std::string key;  ///< as sent, truncated to kLedgerKeyMax; for CreateKey, the ID of the new key
    std::string replica_region;
    FaultKind fault = FaultKind::none;
    Effect effect;
    bool answered = true;  ///< false if the response was not delivered
    /// Status of the response, even if it was not delivered; 0 if there was none.
    int http_status = 0;
    std::string code;  ///< the error's wire code; empty on success
    std::string request_id;
};

inline constexpr std::size_t kLedgerKeyMax = 256;

/// The maximum usage of one quota in any one-second window.
struct LedgerPeak {
    std::string account;
    std::string region;
    io::KmsApi api;
    std::uint32_t units;
};

/// A record of every request, its effect and its response, which tests use as an oracle. It is
/// independent of the model, so that the two can be compared. The last `entries_max` entries are
/// kept in memory; the counts cover all requests.
class Ledger {
  public:
    static constexpr std::size_t kEntriesMaxDefault = 100'000;
    using Observer = std::function<void(const LedgerEntry& entry)>;

    explicit Ledger(std::size_t entries_max = kEntriesMaxDefault) : entries_max_(entries_max) {}

    /// Calls `observer` with each new entry.
    void observe(Observer observer) { observer_ = std::move(observer); }

    void record(LedgerEntry entry);

    /// Counts the units that a request takes from a quota, whether or not it is granted. This is
    /// independent of RequestQuotas, because it records what the client sent.
    void count_arrival(const QuotaCharge& charge, io::Moment now);

    [[nodiscard]] const std::deque<LedgerEntry>& entries() const noexcept { return entries_; }
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
    [[nodiscard]] std::uint64_t requests(io::KmsApi api) const {
        return requests_by_api_[index(api)];
    }
    /// Time of the last request; nullopt if there was none. Lets tests assert that nothing was sent
    /// after a given time.
    [[nodiscard]] std::optional<io::Moment> last_request() const noexcept { return last_request_; }

    /// How many times a request created the key with this ID in this Region, as a primary or a
    /// replica. A value above 1 indicates a bug in the simulator. A value of 1 indicates a bug in
    /// the client if the client's journal says that the job is not done. The value is 0 for keys
    /// that were added without a request.
    [[nodiscard]] std::uint32_t effects(std::string_view key_id, std::string_view region) const;
    [[nodiscard]] std::uint64_t effects(EffectKind kind) const {
        return effects_by_kind_[index(kind)];
    }

    /// The maximum number of units that arrived for this quota in any one-second window.
    [[nodiscard]] std::uint32_t peak(std::string_view account,
                                     std::string_view region,
                                     io::KmsApi api) const;
    [[nodiscard]] std::vector<LedgerPeak> peaks() const;

  private:
    struct Arrivals {
        SlidingCount window;
        std::uint32_t peak = 0;
    };
    using ArrivalsByApi = std::array<Arrivals, io::kKmsApis.size()>;
    struct KeyLocation {
        PackedKeyId key_id;
        std::uint32_t region;
        friend bool operator==(const KeyLocation&, const KeyLocation&) = default;
    };
    struct KeyLocationHash {
        std::size_t operator()(const KeyLocation& location) const noexcept {
            return PackedKeyIdHash{}(location.key_id) + location.region;
        }
    };
    template <typename Enumerator>
    [[nodiscard]] static constexpr std::size_t index(Enumerator value) noexcept {
        return static_cast<std::size_t>(value);
    }

    std::size_t entries_max_;
    Observer observer_;
    std::deque<LedgerEntry> entries_;
    std::uint64_t requests_ = 0;
    std::array<std::uint64_t, io::kKmsApis.size()> requests_by_api_{};
    std::array<std::uint64_t, kEffectNames.size()> effects_by_kind_{};
    std::optional<io::Moment> last_request_;
    NameTable names_;
    boost::unordered_flat_map<KeyLocation, std::uint32_t, KeyLocationHash> creations_;
    boost::unordered_flat_map<std::uint64_t, std::unique_ptr<ArrivalsByApi>> arrivals_;
};

/// Appends the entry as one JSON object without a newline. Members without a value are omitted.
void append_json(const LedgerEntry& entry, std::string& text);

}  // namespace keyferry::simulator
