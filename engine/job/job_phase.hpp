// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keyferry::engine {

/// The phase of a job. The journal has an event of the same name for every phase except the first.
/// `sent` and `accepted` last until a response arrives. All later phases are outcomes: the job has
/// ended, either permanently or for this run.
enum class JobPhase : std::uint8_t {
    not_started,  ///< no request was sent
    /// a request may have been sent, and no response was recorded: check with KMS before resending
    sent,
    accepted,  ///< KMS has created the replica, which is not yet confirmed usable
    done,      ///< the replica exists and is usable
    failed,    ///< permanently rejected by KMS
    conflict,  ///< an unrelated key is in the replica's place
    unknown,   ///< the outcome of a sent call could not be determined: check before resending
    deferred,  ///< neither done nor failed; a rerun resumes it
    unusable,  ///< the replica exists, but needs action before it can be used; a rerun checks it
    blocked,   ///< it cannot be created now, and nothing was sent; a rerun evaluates it again
};
inline constexpr std::size_t kJobPhases = 10;

/// "not started", "sent", ...
[[nodiscard]] std::string_view name_of(JobPhase phase) noexcept;

/// Whether a job can end in this phase.
[[nodiscard]] constexpr bool is_outcome(JobPhase phase) noexcept {
    return phase >= JobPhase::done;
}

/// Whether a job has ended in this phase without a usable replica.
[[nodiscard]] constexpr bool is_stuck(JobPhase phase) noexcept {
    return phase > JobPhase::done;
}

/// How an existing replica was created.
enum class Attribution : std::uint8_t {
    created,  ///< KMS returned it in response to this program's ReplicateKey call
    /// the response was lost; a later read showed that the call had created it
    created_reconciled,
    existed,  ///< it already existed
};
inline constexpr std::size_t kAttributions = 3;

/// "created", "created (reconciled)", "existed".
[[nodiscard]] std::string_view name_of(Attribution attribution) noexcept;

/// The number of jobs in each phase, and the number of done jobs with each attribution. Used to
/// show a run's progress, to replay its journal, and to create its report.
class JobCounts {
  public:
    /// Adds `jobs` jobs in `phase`. `attribution` is set if they are done.
    void add(JobPhase phase,
             std::optional<Attribution> attribution = std::nullopt,
             std::uint64_t jobs = 1);
    /// Removes a job from its phase. `attribution` is set if it is done.
    void remove(JobPhase phase, std::optional<Attribution> attribution = std::nullopt);

    [[nodiscard]] std::uint64_t of(JobPhase phase) const noexcept {
        return by_phase_[static_cast<std::size_t>(phase)];
    }
    [[nodiscard]] std::uint64_t of(Attribution attribution) const noexcept {
        return by_attribution_[static_cast<std::size_t>(attribution)];
    }
    [[nodiscard]] std::uint64_t jobs() const noexcept;
    [[nodiscard]] std::uint64_t done() const noexcept { return of(JobPhase::done); }
    /// The number of jobs that have an outcome.
    [[nodiscard]] std::uint64_t ended() const noexcept;
    /// The number of jobs that a rerun can finish without user action.
    [[nodiscard]] std::uint64_t left() const noexcept {
        return of(JobPhase::not_started) + of(JobPhase::sent) + of(JobPhase::accepted) +
               of(JobPhase::unknown) + of(JobPhase::deferred);
    }

    friend bool operator==(const JobCounts&, const JobCounts&) = default;

  private:
    std::array<std::uint64_t, kJobPhases> by_phase_{};
    std::array<std::uint64_t, kAttributions> by_attribution_{};
};

}  // namespace keyferry::engine
