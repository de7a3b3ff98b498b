#pragma once

#include "io/names/kms_api.hpp"
#include "io/names/parsed.hpp"
#include "tools/simulator/duration_range.hpp"
#include "tools/simulator/seeded_random.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry {

/// What can go wrong with a call that KMS would have served.
enum class FaultKind : std::uint8_t {
    throttle,        ///< ThrottlingException, no effect
    internal,        ///< KMSInternalException before any effect
    internal_after,  ///< KMSInternalException although the effect is there
    lost,            ///< served, but the connection closes without an answer
    reset,           ///< the connection is reset before any effect
    slow,            ///< served, but the answer takes a while
    none,            ///< nothing; always the last
};

inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::none);

/// "throttle", "internal", "internal-after", "lost", "reset", "slow", "none": as the option and the
/// ledger write them.
std::string_view name_of(FaultKind kind) noexcept;

/// The share of calls, 0 to 1, that each kind befalls; the sum is at most 1.
using FaultRates = std::array<double, kFaultKinds>;

struct FaultSettings {
    std::array<FaultRates, kKmsApis.size()> rates{};  ///< for each KmsApi
    DurationRange slow_delay{std::chrono::seconds{1}, std::chrono::seconds{3}};

    FaultRates& of(KmsApi api) { return rates[static_cast<std::size_t>(api)]; }
    const FaultRates& of(KmsApi api) const { return rates[static_cast<std::size_t>(api)]; }
};

/// Reads "throttle=0.05,internal=0.02,lost=0.01,slow=0.1,slow-delay=200ms..2s". A rate holds for
/// every operation, reading ones too; with the name of an operation before it
/// ("ReplicateKey.throttle=0.2") for that one alone, and it then passes over the general one.
/// The problem's text quotes the item that is wrong.
Parsed<FaultSettings> parse_faults(std::string_view text);

struct Fault {
    FaultKind kind = FaultKind::none;
    std::chrono::nanoseconds delay{0};  ///< of a slow answer
};

/// Decides for each call what goes wrong. At most one thing does; the same settings, seed and order
/// of calls give the same faults.
class FaultPlan {
  public:
    FaultPlan(const FaultSettings& settings, std::uint64_t seed)
        : settings_(settings), random_(seed, "faults"), delays_(seed, "slow answers") {}

    Fault decide(KmsApi api);

    /// Other faults from now on, such as the end of a storm; the random sequence goes on.
    void change(const FaultSettings& settings) { settings_ = settings; }

  private:
    FaultSettings settings_;
    SeededRandom random_;
    SeededRandom delays_;
};

}  // namespace keyferry
