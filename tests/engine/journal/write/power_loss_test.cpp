// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/recovery.hpp"
#include "tests/support/sample_journal.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

// The result of recovery after a power loss while a batch was being written.
//
// The invariant: recovery never reports `damaged` (so no run is stopped without reason) and keeps
// every record of the synced batches. The part of the last batch that it keeps is the unchanged
// beginning of one of the batches that were written at that position. Such a batch is either the
// last one, one that an earlier power loss removed but that is still on the disk, or the rest of a
// batch whose beginning was kept.

namespace keyferry::engine {
namespace {

constexpr std::size_t kDiskSectorBytes = 512;

/// A journal that is written one batch at a time, with repeated power losses.
///
/// The disk keeps the sectors of truncated tails, so a later power loss may expose them again: the
/// old data at the position of a batch is mostly complete, well-formed records of an earlier batch.
class LosingDisk {
  public:
    explicit LosingDisk(std::uint32_t seed) : random_(seed) {
        std::string bytes;
        encoder_.append(bytes, now_, test::sample_header());
        place(bytes);
        take_for_good(bytes);
    }

    /// Writes a batch, loses power before its sync returns, and recovers. Returns an error message.
    std::string lose_power() {
        encoder_ = JournalEncoder(tail_);
        const std::string batch = new_batch();
        lose(batch);
        JournalScanner scanner = recovered_;
        scanner.feed(std::string_view(platter_).substr(durable_, size_ - durable_));
        const JournalScan scan = scanner.finish();
        if (scan.state != JournalState::whole && scan.state != JournalState::torn_tail) {
            return fmt::format("false stop at record {}", scan.tail.next_sequence);
        }
        if (scan.good_bytes < durable_) {
            return "a synced record was lost";
        }
        const auto kept = static_cast<std::size_t>(scan.good_bytes) - durable_;
        const std::string bytes = platter_.substr(durable_, kept);
        attempts_.push_back(batch);
        std::erase_if(attempts_, [&](const std::string& a) { return !a.starts_with(bytes); });
        if (attempts_.empty()) {
            return fmt::format("{} bytes were kept that were not written so", kept);
        }
        for (std::string& attempt : attempts_) {
            attempt.erase(0, kept);
        }
        if (kept > 0 && bytes.back() != '\n') {
            return "half a record was kept";
        }
        lost_bytes += batch.size() - std::min(kept, batch.size());
        kept_bytes += kept;
        take_for_good(bytes);
        if (tail_ != scan.tail) {
            return "the tail is not that of the records kept";
        }
        return {};
    }

    /// Writes and syncs a batch without power loss.
    void write_durably() {
        encoder_ = JournalEncoder(tail_);
        const std::string batch = new_batch();
        place(batch);
        take_for_good(batch);
        attempts_.clear();
    }

    std::size_t lost_bytes = 0;
    std::size_t kept_bytes = 0;

  private:
    std::string new_batch() {
        std::string batch;
        now_ += std::chrono::seconds{1};  // no two batches begin with the same record
        if (random_() % 2 == 0) {
            encoder_.append(batch, now_, test::sample_run(random_() % 2 == 0));
        }
        for (std::size_t record = random_() % 12 + 1; record > 0; --record) {
            now_ += std::chrono::milliseconds{random_() % 100};
            const auto event = test::kSampleJobEvents[random_() % test::kSampleJobEvents.size()];
            const auto job = static_cast<planner::JobIndex>(random_() % test::kSampleJobs);
            encoder_.append(batch, now_, test::sample_entry(event, job, random_() % 2 == 0));
        }
        return batch;
    }

    /// Writes bytes after the synced ones, replacing the old data there.
    void place(std::string_view bytes) {
        if (platter_.size() < durable_ + bytes.size()) {
            platter_.resize(durable_ + bytes.size());
        }
        std::copy(bytes.begin(), bytes.end(), platter_.begin() + offset(durable_));
    }

    static std::ptrdiff_t offset(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }

    /// Each sector of the batch is written, not written, or replaced by something else. The new
    /// file size may or may not be written.
    void lose(const std::string& batch) {
        const std::string old = platter_.substr(durable_);
        place(batch);
        const std::size_t end = durable_ + batch.size();
        const auto fates =
            1 + random_() % 4;  // some power losses affect all sectors in the same way
        for (std::size_t sector = durable_; sector < end;
             sector = (sector / kDiskSectorBytes + 1) * kDiskSectorBytes) {
            const std::size_t sector_end =
                std::min(end, (sector / kDiskSectorBytes + 1) * kDiskSectorBytes);
            const auto fate = random_() % fates;
            for (std::size_t at = sector; fate > 0 && at < sector_end; ++at) {
                const std::size_t old_at = at - durable_;
                platter_[at] = fate == 1   ? (old_at < old.size() ? old[old_at] : '\0')
                               : fate == 2 ? '\0'
                                           : static_cast<char>(random_());
            }
        }
        const auto length = random_() % 4;
        size_ = length == 0   ? durable_ + random_() % batch.size()
                : length == 1 ? std::min(end, (durable_ / kDiskSectorBytes + 1) * kDiskSectorBytes)
                : length == 2 ? platter_.size()  // including any old data after the batch
                              : end;
    }

    /// Marks `bytes`, which follow the synced bytes, as synced.
    void take_for_good(const std::string& bytes) {
        recovered_.feed(bytes);
        durable_ += bytes.size();
        JournalScanner scanner = recovered_;
        tail_ = scanner.finish().tail;
    }

    test::SampleRandom random_;
    JournalEncoder encoder_{JournalTail{}};
    io::WallTime now_{std::chrono::milliseconds{1'787'745'600'123}};
    std::string platter_;  ///< content of the disk, including data beyond the end of the file
    std::vector<std::string> attempts_;  ///< batches written at the current end of the synced bytes
    std::size_t durable_ = 0;            ///< synced bytes
    std::size_t size_ = 0;               ///< file size after the last loss
    JournalTail tail_;
    JournalScanner recovered_{[](const JournalRecord&) {
        return std::string();
    }};
};

TEST(JournalPowerLoss, keeps_synced_records_and_never_blocks_a_run_in_20000_states) {
    constexpr std::uint32_t kJournals = 500;
    constexpr int kLossesEach = 40;
    std::size_t lost = 0;
    std::size_t kept = 0;
    for (std::uint32_t seed = 1; seed <= kJournals; ++seed) {
        LosingDisk disk(seed);
        for (int loss = 0; loss < kLossesEach; ++loss) {
            ASSERT_EQ(disk.lose_power(), "") << "seed " << seed << ", loss " << loss;
            if (loss % 3 == 0) {
                disk.write_durably();
            }
        }
        lost += disk.lost_bytes;
        kept += disk.kept_bytes;
    }
    RecordProperty("states", static_cast<int>(kJournals) * kLossesEach);
    fmt::print("             {} states; of the batches {} bytes were kept, {} lost\n",
               kJournals * kLossesEach,
               kept,
               lost);
    EXPECT_GT(kept, 1'000'000u) << "recovery must keep what it can";
    EXPECT_GT(lost, 1'000'000u) << "the test must lose data";
}

}  // namespace
}  // namespace keyferry::engine
