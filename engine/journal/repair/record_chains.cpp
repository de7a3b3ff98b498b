// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/record_chains.hpp"

#include "engine/journal/read/search.hpp"

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

namespace keyferry::engine {
namespace {

constexpr std::size_t kReadBytes = 1U << 20U;
using FoundRecord = std::function<bool(const JournalFrame& frame,
                                       const JournalRecord& record,
                                       std::uint64_t begin,
                                       std::uint64_t end)>;

/// Passes every valid record in `piece` to `visit` until `visit` returns false. Skips headers that
/// are not record 0, and records with the number 0 that are not headers. Sets `needs_later_version`
/// if a record requires a later version.
std::error_code search_piece(io::AppendFile& file,
                             const RecordChain::Piece& piece,
                             const FoundRecord& visit,
                             bool& needs_later_version) {
    JournalSearch search;
    JournalFrame frame;
    JournalRecord record;
    std::vector<char> chunk(
        static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, piece.end - piece.begin)));
    for (std::uint64_t offset = piece.begin; offset < piece.end;) {
        std::size_t got = 0;
        const std::size_t wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), piece.end - offset));
        const std::error_code error = file.read(offset, std::span(chunk).first(wanted), got);
        if (error || got == 0) {
            return error;
        }
        offset += got;
        search.feed(std::string_view(chunk.data(), got));
        while (search.next(frame)) {
            const JournalReading reading = read_journal_body(frame, record);
            needs_later_version |= reading == JournalReading::unknown_event;
            const bool can_be =
                reading == JournalReading::understood &&
                std::holds_alternative<JournalHeader>(record.body) == (frame.sequence == 0);
            if (can_be &&
                !visit(frame, record, piece.begin + search.begin(), piece.begin + search.end())) {
                return {};
            }
        }
    }
    return {};
}

/// Joins records, in file order, into chains.
class ChainFinder {
  public:
    explicit ChainFinder(std::vector<RecordChain>& chains) : chains_(chains) {}

    void take(const JournalFrame& frame, std::uint64_t begin, std::uint64_t end) {
        const auto before = ends_.find(Link(frame.sequence, frame.previous_crc));
        const bool is_joined = before != ends_.end();
        const std::size_t index = is_joined ? before->second : chains_.size();
        if (is_joined) {
            ends_.erase(before);
        } else {
            chains_.emplace_back();
            chains_[index].first = frame.sequence;
            chains_[index].previous_crc = frame.previous_crc;
        }
        RecordChain& chain = chains_[index];
        if (!is_joined || index != last_) {
            chain.pieces.push_back(RecordChain::Piece{begin, end});
        }
        chain.pieces.back().end = end;
        chain.end = frame.sequence + 1;
        chain.crc_before_last = frame.previous_crc;
        chain.last_crc = frame.crc;
        last_ = index;
        // If some records were duplicated, the records after the duplicate continue the longer
        // chain.
        const auto [at, is_new] = ends_.try_emplace(Link(chain.end, chain.last_crc), index);
        if (!is_new && chain.first < chains_[at->second].first) {
            at->second = index;
        }
    }

  private:
    /// The values that the next record of a chain must contain: its own number and the c of the
    /// last record.
    using Link = std::pair<std::uint64_t, std::uint32_t>;

    std::vector<RecordChain>& chains_;
    boost::unordered_flat_map<Link, std::size_t> ends_;
    std::size_t last_ = 0;  ///< index of the chain that contains the last record
};

/// The jobs of a journal, as described by its header and records.
class JobNames {
  public:
    /// Whether `record` can belong to the same journal as the records noted so far.
    [[nodiscard]] bool agree_with(const JournalRecord& record) const {
        const auto* job = std::get_if<JournalJobRecord>(&record.body);
        const bool has_name =
            job == nullptr || (job->job < names_.size() &&
                               (names_[job->job] == 0 || names_[job->job] == name_of(*job)));
        return has_name;
    }

    void note(const JournalRecord& record) {
        if (const auto* header = std::get_if<JournalHeader>(&record.body)) {
            names_.resize(header->jobs);
        } else if (const auto* job = std::get_if<JournalJobRecord>(&record.body)) {
            if (job->job < names_.size() && names_[job->job] == 0) {
                names_[job->job] = name_of(*job);
            }
        }
    }

  private:
    /// Never returns 0.
    static std::size_t name_of(const JournalJobRecord& job) {
        std::size_t name = std::hash<std::string_view>{}(job.key);
        boost::hash_combine(name, std::hash<std::string_view>{}(job.region));
        return name | 1U;
    }

    std::vector<std::size_t> names_;  ///< 0 if no record has named the job yet
};

/// Leaves out the last record of `a` if `b` begins with the next number but its first record is not
/// chained to that record.
void leave_out_changed(RecordChain& a, const RecordChain& b) {
    if (a.records() > 0 && a.end == b.first && a.last_crc != b.previous_crc) {
        --a.end;
        a.last_crc = a.crc_before_last;
    }
}

/// The chains of one journal. Call take() for the chain with the header first.
class Journal {
  public:
    explicit Journal(io::AppendFile& file) : file_(file) {}

    /// Adds the chain if it can belong to the same journal.
    std::error_code take(RecordChain chain) {
        const auto next = chains_.upper_bound(chain.first);
        const auto before_at = next == chains_.begin() ? chains_.end() : std::prev(next);
        RecordChain* before = before_at == chains_.end() ? nullptr : &before_at->second;
        const bool is_known =
            before != nullptr && std::max(before->end, before->first + 1) > chain.first;
        if (is_known || (next != chains_.end() && chain.end > next->second.first)) {
            return {};
        }
        bool agree = true;
        std::optional<Times> times;
        const auto check = [&](const JournalRecord& record, std::uint64_t, std::uint64_t) {
            agree = names_.agree_with(record);
            add(times, record.time);
            return agree;
        };
        const bool is_first = chains_.empty();
        const std::error_code error =
            is_first ? std::error_code() : read_chains(file_, {chain}, check);
        if (error || !agree || (times && !is_in_order(chain, *times))) {
            return error;
        }
        if (before != nullptr) {
            leave_out_changed(*before, chain);
        }
        if (next != chains_.end()) {
            leave_out_changed(chain, next->second);
        }
        const auto note = [&](const JournalRecord& record, std::uint64_t, std::uint64_t) {
            names_.note(record);
            add(times, record.time);
            return true;
        };
        chains_.emplace(chain.first, chain);
        const std::error_code note_error = read_chains(file_, {chain}, note);
        if (times) {
            times_.emplace(chain.first, *times);
        }
        return note_error;
    }

    /// Returns the chains, ordered by record number. Returns no chains if the header is left out.
    [[nodiscard]] std::vector<RecordChain> chains() const {
        std::vector<RecordChain> all;
        for (const auto& [first, chain] : chains_) {
            all.push_back(chain);
        }
        return all.empty() || all.front().records() == 0 ? std::vector<RecordChain>() : all;
    }

  private:
    /// When certain records of a chain were written.
    struct Times {
        io::WallTime first;
        io::WallTime last_but_one = io::WallTime::min();
        io::WallTime last;
    };

    static void add(std::optional<Times>& times, io::WallTime time) {
        if (times) {
            times->last_but_one = times->last;
            times->last = time;
        } else {
            times = Times{time, io::WallTime::min(), time};
        }
    }

    /// Whether a chain was written after the chains with lower numbers and before those with higher
    /// numbers. A freed block may contain a piece of an older journal of the same plan, such as a
    /// rehearsal's. Only its times distinguish such a piece from this journal's own records. If the
    /// clock was set back, some of the journal's own records are left out as well; their jobs are
    /// then checked with KMS.
    [[nodiscard]] bool is_in_order(const RecordChain& chain, const Times& times) const {
        const auto next = times_.upper_bound(chain.first);
        if (next != times_.end() && next->second.first < times.last) {
            return false;
        }
        if (next == times_.begin()) {
            return true;
        }
        const auto& [first, before] = *std::prev(next);
        // The record before the chain was modified and will be left out, because the chain begins
        // with the next number but is not linked to it.
        const bool is_last_changed = chains_.at(first).end == chain.first;
        return (is_last_changed ? before.last_but_one : before.last) <= times.first;
    }

    io::AppendFile& file_;
    std::map<std::uint64_t, RecordChain> chains_;  ///< by the first number of each chain
    std::map<std::uint64_t, Times> times_;  ///< the times of these chains, by the same numbers
    JobNames names_;
};

}  // namespace

std::error_code read_chains(io::AppendFile& file,
                            const std::vector<RecordChain>& chains,
                            const RecordVisitor& visit) {
    bool goes_on = true;
    bool ignored = false;
    std::error_code error;
    for (const RecordChain& chain : chains) {
        for (const RecordChain::Piece& piece : chain.pieces) {
            const auto visit_found = [&](const JournalFrame& frame,
                                         const JournalRecord& record,
                                         std::uint64_t begin,
                                         std::uint64_t end) {
                goes_on = frame.sequence >= chain.end || visit(record, begin, end);
                return goes_on;
            };
            if (goes_on && !error) {
                error = search_piece(file, piece, visit_found, ignored);
            }
        }
    }
    return error;
}

std::error_code find_journal_chains(io::AppendFile& file,
                                    std::vector<RecordChain>& chains,
                                    bool& needs_later_version) {
    std::vector<RecordChain> found;
    ChainFinder finder(found);
    const auto take =
        [&](const JournalFrame& frame, const JournalRecord&, std::uint64_t begin, auto end) {
            finder.take(frame, begin, end);
            return true;
        };
    const RecordChain::Piece all{0, std::numeric_limits<std::uint64_t>::max()};
    std::error_code error = search_piece(file, all, take, needs_later_version);
    const auto header = std::find_if(found.begin(), found.end(), [](const RecordChain& chain) {
        return chain.first == 0 && chain.previous_crc == 0;
    });
    if (error || header == found.end()) {
        return error;
    }
    std::rotate(found.begin(), header, std::next(header));
    std::stable_sort(std::next(found.begin()), found.end(), [](const auto& a, const auto& b) {
        return a.records() > b.records();
    });
    Journal journal(file);
    for (const RecordChain& chain : found) {
        error = error ? error : journal.take(chain);
    }
    chains = journal.chains();
    return error;
}

}  // namespace keyferry::engine
