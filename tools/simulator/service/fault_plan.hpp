// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_api.hpp"
#include "io/names/parsed.hpp"
#include "tools/simulator/values/duration_range.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// The faults that can be injected into a call.
enum class FaultKind : std::uint8_t {
    throttle,        ///< ThrottlingException without effect
    internal,        ///< KMSInternalException without effect
    internal_after,  ///< KMSInternalException after the effect
    lost,            ///< the request takes effect, but the connection closes without a response
    reset,           ///< the connection is reset before any effect
    slow,            ///< the request takes effect, but the response is delayed
    limit,           ///< LimitExceededException: the Region's key quota is exhausted
    denied,          ///< AccessDeniedException
    down,            ///< the Region is unreachable
    none,            ///< no fault; must be last
};

inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::none);

/// "throttle", "internal", "internal-after", "lost", "reset", "slow", "limit", "denied", "down",
/// "none": the names used in --fault and in the ledger.
[[nodiscard]] std::string_view name_of(FaultKind kind) noexcept;

/// A time window, relative to the simulator's start. `until` is exclusive.
struct FaultWindow {
    std::chrono::nanoseconds from{0};
    std::chrono::nanoseconds until = std::chrono::nanoseconds::max();

    friend bool operator==(const FaultWindow&, const FaultWindow&) = default;
};

/// Injects a fault into a fraction of the matching calls.
struct FaultRule {
    FaultKind kind = FaultKind::none;
    double rate = 0;                ///< 0 to 1
    std::string region;             ///< empty: every Region
    std::optional<io::KmsApi> api;  ///< nullopt: every operation, including reads
    FaultWindow window;             ///< default: always
};

struct FaultSettings {
    std::vector<FaultRule> rules;
    DurationRange slow_delay{std::chrono::seconds{1}, std::chrono::seconds{3}};
    /// Value of x-amz-retry-after in `throttle` responses; nullopt: no such header.
    std::optional<std::chrono::milliseconds> retry_after;
};

inline constexpr std::size_t kFaultTextMax = 4096;
/// Maximum start and end time of a window.
inline constexpr std::chrono::hours kFaultWindowMax{10'000};

/// Parses a comma-separated list of items, each `[REGION/][OPERATION.]FAULT=RATE[@FROM..UNTIL]`:
///
///     throttle=0.05,ReplicateKey.lost=0.01,eu-west-1/ReplicateKey.throttle=1@10m..20m
///
/// FROM and UNTIL are relative to the simulator's start; without UNTIL ("@10m..") the window does
/// not end. The items `slow-delay=MIN..MAX` and `retry-after=DURATION` are settings. If several
/// items specify the same fault for a call, the most specific one applies: Region takes precedence
/// over operation, and operation over window; among equals, the last one applies. For each
/// operation, the rates of all items without a Region and without a window must add up to at most
/// 1. Error messages quote the invalid item.
[[nodiscard]] io::Parsed<FaultSettings> parse_faults(std::string_view text);

/// The attributes of a call that determine its faults.
struct FaultCall {
    io::KmsApi api;
    std::string_view region;          ///< the endpoint's Region
    std::string_view replica_region;  ///< for ReplicateKey; otherwise empty
    std::chrono::nanoseconds at;      ///< since the simulator's start
};

struct Fault {
    FaultKind kind = FaultKind::none;
    std::chrono::nanoseconds delay{0};  ///< for slow responses
    std::optional<std::chrono::milliseconds> retry_after;
    /// For `down`: the endpoint is reachable, but the replica's Region is not.
    bool only_at_replica = false;
};

/// Decides which fault each call gets, if any. The same settings, seed and order of calls produce
/// the same faults.
///
/// A rule with a Region applies to calls to that Region's endpoint and to each ReplicateKey with
/// its replica in that Region. `limit` applies only to calls that create a key (CreateKey and
/// ReplicateKey), and its Region is the Region of the new key. If several faults match a call, the
/// most specific ones take precedence. For example, while "eu-west-1/down=1@10m..20m" applies,
/// calls to eu-west-1 get no other fault.
class FaultPlan {
  public:
    FaultPlan(const FaultSettings& settings, std::uint64_t seed);

    Fault decide(const FaultCall& call);

    /// Replaces the faults, for example to end a simulated outage. The random sequence is not
    /// restarted.
    void change(const FaultSettings& settings);

  private:
    /// The rules that apply at a given time, so that the others need not be checked for each call.
    struct Phase {
        FaultWindow window{std::chrono::nanoseconds{0}, std::chrono::nanoseconds{0}};
        std::vector<std::size_t> rules;
    };

    void enter_phase(std::chrono::nanoseconds at);
    Fault make_fault(const FaultRule& rule, const FaultCall& call);

    FaultSettings settings_;  ///< rules are ordered by decreasing specificity
    Phase phase_;
    SeededRandom random_;
    SeededRandom delays_;
};

}  // namespace keyferry::simulator
