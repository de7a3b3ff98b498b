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

/// One request as it came in, and what became of it.
struct LedgerEntry {
    io::Moment time;
    io::WallTime wall;
    std::string account;    ///< empty where the signature did not tell
    std::string region;     ///< of the endpoint, from the credential scope
    std::string operation;  ///< "ReplicateKey"; what the client asked for, also when unknown
    std::string key;        ///< as sent, cut at kLedgerKeyMax; the new key's id for CreateKey
    std::string replica_region;
    FaultKind fault = FaultKind::none;
    Effect effect;
    bool answered = true;  ///< false when the answer was withheld
    int http_status = 0;   ///< of the answer, sent or withheld; 0 where there was none
    std::string code;      ///< the error's wire code; empty for a result
    std::string request_id;
};

inline constexpr std::size_t kLedgerKeyMax = 256;

/// The most that any one-second window has seen of one quota.
struct LedgerPeak {
    std::string account;
    std::string region;
    io::KmsApi api;
    std::uint32_t units;
};

/// The oracle of the tests: a record of every request, its effect and its answer, kept apart from
/// the model so that the two can be compared. The last entries_max entries stay in memory; the
/// counts cover everything.
class Ledger {
  public:
    static constexpr std::size_t kEntriesMaxDefault = 100'000;
    using Observer = std::function<void(const LedgerEntry& entry)>;

    explicit Ledger(std::size_t entries_max = kEntriesMaxDefault) : entries_max_(entries_max) {}

    /// `observer` is shown each further entry.
    void observe(Observer observer) { observer_ = std::move(observer); }

    void record(LedgerEntry entry);

    /// Counts what a request takes from a quota, granted or not. Apart from RequestQuotas on
    /// purpose: this says what the client sent.
    void count_arrival(const QuotaCharge& charge, io::Moment now);

    [[nodiscard]] const std::deque<LedgerEntry>& entries() const noexcept { return entries_; }
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
    [[nodiscard]] std::uint64_t requests(io::KmsApi api) const {
        return requests_by_api_[index(api)];
    }
    /// When the last request came in; nothing where none did ("nothing was sent after T").
    [[nodiscard]] std::optional<io::Moment> last_request() const noexcept { return last_request_; }

    /// How often this key (by its id) came to be in this Region, as a primary or a replica: more
    /// than once is a fault of the simulator, once where the journal says "not done" one of the
    /// client. 0 for keys that were there from the start.
    [[nodiscard]] std::uint32_t effects(std::string_view key_id, std::string_view region) const;
    [[nodiscard]] std::uint64_t effects(EffectKind kind) const {
        return effects_by_kind_[index(kind)];
    }

    /// The most units that arrived for this quota in any one second, wherever it began.
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
    struct KeyPlace {
        PackedKeyId key_id;
        std::uint32_t region;
        friend bool operator==(const KeyPlace&, const KeyPlace&) = default;
    };
    struct KeyPlaceHash {
        std::size_t operator()(const KeyPlace& place) const noexcept {
            return PackedKeyIdHash{}(place.key_id) + place.region;
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
    boost::unordered_flat_map<KeyPlace, std::uint32_t, KeyPlaceHash> made_;
    boost::unordered_flat_map<std::uint64_t, std::unique_ptr<ArrivalsByApi>> arrivals_;
};

/// Appends the entry as one JSON object without the newline. Members without a value are left out.
void append_json(const LedgerEntry& entry, std::string& text);

}  // namespace keyferry::simulator
