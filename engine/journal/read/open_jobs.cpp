// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/open_jobs.hpp"

#include "engine/journal/format/record.hpp"

#include <algorithm>
#include <cassert>

namespace keyferry::engine {
namespace {

// Layout of Packed::bits, from the lowest bit: three flags, 2 bits for the attribution (0: none),
// 18 bits for the attempts, 41 bits for the clock difference, with an offset that makes it
// positive.
constexpr std::uint64_t kAccepted = 1U;
constexpr std::uint64_t kHasClockAhead = 2U;
constexpr std::uint64_t kHasCreationDate = 4U;
constexpr unsigned kAttributionShift = 3;
constexpr std::uint64_t kAttributionMask = 3U;
constexpr unsigned kAttemptsShift = 5;
constexpr unsigned kAttemptsBits = 18;
constexpr std::uint64_t kAttemptsMax = (std::uint64_t{1} << kAttemptsBits) - 1;
constexpr unsigned kClockAheadShift = kAttemptsShift + kAttemptsBits;
constexpr std::int64_t kClockAheadOffset_ms = std::int64_t{1} << 40U;
static_assert(kJournalClockAheadMax.count() < kClockAheadOffset_ms && kClockAheadShift + 41 == 64);

std::int64_t milliseconds_of(io::WallTime time) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

io::WallTime wall_time(std::int64_t ms) noexcept {
    return io::WallTime(std::chrono::milliseconds(ms));
}

}  // namespace

OpenJobs::Packed OpenJobs::pack(const OpenJob& open) noexcept {
    Packed packed{};
    packed.first_sent_ms = milliseconds_of(open.first_sent);
    packed.last_sent_ms = milliseconds_of(open.last_sent);
    packed.bits = open.accepted ? kAccepted : 0;
    if (open.creation_date_s) {
        packed.creation_date_s = *open.creation_date_s;
        packed.bits |= kHasCreationDate;
    }
    const auto attempts = static_cast<std::uint64_t>(std::max(open.attempts, 0));
    packed.bits |= std::min(attempts, kAttemptsMax) << kAttemptsShift;
    if (open.attribution) {
        packed.bits |= (static_cast<std::uint64_t>(*open.attribution) + 1) << kAttributionShift;
    }
    if (open.kms_clock_ahead) {
        const std::int64_t ahead_ms =
            std::clamp(*open.kms_clock_ahead, -kJournalClockAheadMax, kJournalClockAheadMax)
                .count();
        packed.bits |= kHasClockAhead | static_cast<std::uint64_t>(ahead_ms + kClockAheadOffset_ms)
                                            << kClockAheadShift;
    }
    return packed;
}

OpenJob OpenJobs::unpack(const Packed& packed) noexcept {
    OpenJob open;
    open.first_sent = wall_time(packed.first_sent_ms);
    open.last_sent = wall_time(packed.last_sent_ms);
    open.accepted = (packed.bits & kAccepted) != 0;
    open.attempts = static_cast<int>(packed.bits >> kAttemptsShift & kAttemptsMax);
    if ((packed.bits & kHasCreationDate) != 0) {
        open.creation_date_s = packed.creation_date_s;
    }
    if (const std::uint64_t how = packed.bits >> kAttributionShift & kAttributionMask; how > 0) {
        open.attribution = static_cast<Attribution>(how - 1);
    }
    if ((packed.bits & kHasClockAhead) != 0) {
        open.kms_clock_ahead = std::chrono::milliseconds(
            static_cast<std::int64_t>(packed.bits >> kClockAheadShift) - kClockAheadOffset_ms);
    }
    return open;
}

void OpenJobs::reset(std::size_t jobs) {
    pages_.clear();
    pages_.resize((jobs + kJobsPerPage - 1) / kJobsPerPage);
    size_ = 0;
}

std::optional<OpenJob> OpenJobs::find(planner::JobIndex job) const {
    const std::unique_ptr<Page>& page = pages_.at(job / kJobsPerPage);
    const std::size_t place = job % kJobsPerPage;
    if (!page || (page->present >> place & 1U) == 0) {
        return std::nullopt;
    }
    return unpack(page->jobs[place]);
}

void OpenJobs::put(planner::JobIndex job, const OpenJob& open) {
    std::unique_ptr<Page>& page = pages_.at(job / kJobsPerPage);
    if (!page) {
        page = std::make_unique_for_overwrite<Page>();
        page->present = 0;
    }
    const std::size_t place = job % kJobsPerPage;
    const std::uint64_t bit = std::uint64_t{1} << place;
    size_ += (page->present & bit) == 0 ? 1 : 0;
    page->present |= bit;
    page->jobs[place] = pack(open);
}

void OpenJobs::erase(planner::JobIndex job) {
    std::unique_ptr<Page>& page = pages_.at(job / kJobsPerPage);
    const std::uint64_t bit = std::uint64_t{1} << (job % kJobsPerPage);
    if (!page || (page->present & bit) == 0) {
        return;
    }
    assert(size_ > 0);
    --size_;
    page->present &= ~bit;
    if (page->present == 0) {
        page.reset();
    }
}

void OpenJobs::raise_last_sent(io::WallTime time) {
    const std::int64_t time_ms = milliseconds_of(time);
    for (const std::unique_ptr<Page>& page : pages_) {
        if (!page) {
            continue;
        }
        for (std::size_t place = 0; place < kJobsPerPage; ++place) {
            if ((page->present >> place & 1U) != 0) {
                std::int64_t& last_sent_ms = page->jobs[place].last_sent_ms;
                last_sent_ms = std::max(last_sent_ms, time_ms);
            }
        }
    }
}

}  // namespace keyferry::engine
