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

/// What can go wrong with a call.
enum class FaultKind : std::uint8_t {
    throttle,        ///< ThrottlingException, no effect
    internal,        ///< KMSInternalException before any effect
    internal_after,  ///< KMSInternalException although the effect is there
    lost,            ///< served, but the connection closes without an answer
    reset,           ///< the connection is reset before any effect
    slow,            ///< served, but the answer takes a while
    limit,           ///< LimitExceededException: the Region's key quota is used up
    denied,          ///< AccessDeniedException
    down,            ///< the Region cannot be reached
    none,            ///< nothing; always the last
};

inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::none);

/// "throttle", "internal", "internal-after", "lost", "reset", "slow", "limit", "denied", "down",
/// "none": as the option and the ledger write them.
[[nodiscard]] std::string_view name_of(FaultKind kind) noexcept;

/// From `from` up to but not including `until`, both since the simulator's start.
struct FaultWindow {
    std::chrono::nanoseconds from{0};
    std::chrono::nanoseconds until = std::chrono::nanoseconds::max();

    friend bool operator==(const FaultWindow&, const FaultWindow&) = default;
};

/// The share of the calls it is about that a fault befalls.
struct FaultRule {
    FaultKind kind = FaultKind::none;
    double rate = 0;                ///< 0 to 1
    std::string region;             ///< empty: every Region
    std::optional<io::KmsApi> api;  ///< nothing: every operation, reading ones too
    FaultWindow window;             ///< by default all the time
};

struct FaultSettings {
    std::vector<FaultRule> rules;
    DurationRange slow_delay{std::chrono::seconds{1}, std::chrono::seconds{3}};
    /// What answers of `throttle` carry in x-amz-retry-after; nothing: no such header.
    std::optional<std::chrono::milliseconds> retry_after;
};

inline constexpr std::size_t kFaultTextMax = 4096;
/// The latest moment that a window can name.
inline constexpr std::chrono::hours kFaultWindowMax{10'000};

/// Reads a list of items with commas between, each `[REGION/][OPERATION.]FAULT=RATE[@FROM..UNTIL]`:
///
///     throttle=0.05,ReplicateKey.lost=0.01,eu-west-1/ReplicateKey.throttle=1@10m..20m
///
/// FROM and UNTIL count from the simulator's start; without UNTIL ("@10m..") there is no end. The
/// items `slow-delay=MIN..MAX` and `retry-after=DURATION` are settings. Where several items name
/// the same fault for a call, the most exact one counts: Region before operation before window,
/// and of equals the last. The rates of one operation that hold in all Regions and all the time add
/// up to at most 1. The problem's text quotes the item that is wrong.
[[nodiscard]] io::Parsed<FaultSettings> parse_faults(std::string_view text);

/// What a fault is decided by.
struct FaultCall {
    io::KmsApi api;
    std::string_view region;          ///< of the endpoint
    std::string_view replica_region;  ///< of ReplicateKey; empty for others
    std::chrono::nanoseconds at;      ///< since the simulator's start
};

struct Fault {
    FaultKind kind = FaultKind::none;
    std::chrono::nanoseconds delay{0};  ///< of a slow answer
    std::optional<std::chrono::milliseconds> retry_after;
    /// Of `down`: the endpoint is there, but not the Region that the replica should go to.
    bool only_at_replica = false;
};

/// Decides for each call what goes wrong. At most one thing does; the same settings, seed and order
/// of calls give the same faults.
///
/// A rule about a Region is about the calls to that Region's endpoint and about each ReplicateKey
/// whose replica goes there. `limit` is about the calls that make a key, CreateKey and
/// ReplicateKey, and its Region is where the key would be. Of the faults that fit a call, those
/// given most exactly take their share first: while "eu-west-1/down=1@10m..20m" holds, nothing else
/// befalls the calls to eu-west-1.
class FaultPlan {
  public:
    FaultPlan(const FaultSettings& settings, std::uint64_t seed);

    Fault decide(const FaultCall& call);

    /// Other faults from now on, such as the end of a storm; the random sequence goes on.
    void change(const FaultSettings& settings);

  private:
    /// The rules that hold at a time, so that the others need no look at each call.
    struct Phase {
        FaultWindow window{std::chrono::nanoseconds{0}, std::chrono::nanoseconds{0}};
        std::vector<std::size_t> rules;
    };

    void enter_phase(std::chrono::nanoseconds at);
    Fault befall(const FaultRule& rule, const FaultCall& call);

    FaultSettings settings_;  ///< its rules most exact first
    Phase phase_;
    SeededRandom random_;
    SeededRandom delays_;
};

}  // namespace keyferry::simulator
