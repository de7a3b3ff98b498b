// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_phase.hpp"
#include "engine/job/no_send_on_record.hpp"
#include "io/clock/moment.hpp"
#include "planner/plan/plan.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace keyferry::engine {

/// What a rerun needs to know about a job that is `sent`, `accepted`, `unknown`, `deferred` or
/// `unusable`.
struct OpenJob {
    int attempts = 0;       ///< number of recorded sends
    bool accepted = false;  ///< KMS returned the replica in response to a request
    /// Local time of the last recorded send. In a salvaged journal, the latest time at which a
    /// request with a missing record may have been sent.
    io::WallTime last_sent{};
    io::WallTime first_sent = kNoSendOnRecord;  ///< local time of the first recorded send
    /// How far KMS's clock was ahead of the local clock at first_sent; nullopt if unknown.
    std::optional<std::chrono::milliseconds> kms_clock_ahead;
    /// The replica's creation date in epoch seconds, if KMS returned it.
    std::optional<double> creation_date_s;
    /// How an `unusable` replica was created, if known.
    std::optional<Attribution> attribution;
};

/// The open jobs of a plan: 32 bytes per open job, plus one byte per eight jobs of the plan. Memory
/// is allocated in blocks of 64 consecutive jobs, when the first job of a block is opened.
class OpenJobs {
  public:
    /// Removes all jobs and prepares for a plan with `jobs` jobs.
    void reset(std::size_t jobs);

    [[nodiscard]] std::optional<OpenJob> find(planner::JobIndex job) const;
    void put(planner::JobIndex job, const OpenJob& open);
    void erase(planner::JobIndex job);
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Sets last_sent to `time` for all jobs whose last_sent is earlier.
    void raise_last_sent(io::WallTime time);

  private:
    struct Packed {
        std::int64_t first_sent_ms;
        std::int64_t last_sent_ms;
        double creation_date_s;
        std::uint64_t bits;  ///< clock difference, attempts (up to 262,143), attribution, flags
    };
    static constexpr std::size_t kJobsPerPage = 64;
    struct Page {
        std::uint64_t present;  ///< one bit per job
        std::array<Packed, kJobsPerPage> jobs;
    };
    static Packed pack(const OpenJob& open) noexcept;
    static OpenJob unpack(const Packed& packed) noexcept;

    std::vector<std::unique_ptr<Page>> pages_;
    std::size_t size_ = 0;
};

}  // namespace keyferry::engine
