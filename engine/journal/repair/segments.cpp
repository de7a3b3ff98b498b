// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/segments.hpp"

#include "engine/journal/read/search.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <span>
#include <utility>
#include <variant>

namespace keyferry::engine {
namespace {

constexpr std::size_t kReadBytes = 1U << 20U;

/// Whether `b` can follow `a` in one journal.
bool can_follow(const JournalSegment& a, const JournalSegment& b) {
    return a.last_sequence < b.first_sequence && a.end <= b.begin &&
           b.first_time >= a.last_time - kSegmentClockStepMax;
}

bool has_header(const JournalSegment& segment) {
    return segment.first_sequence == 0 && segment.previous_crc == 0;
}

/// Whether the record can be part of a journal: a header has number 0, and no other record has it.
bool can_be(const JournalFrame& frame, const JournalRecord& record) {
    return std::holds_alternative<JournalHeader>(record.body) == (frame.sequence == 0);
}

/// Removes the last record if the next segment is not chained to it. Returns false if nothing is
/// left.
bool take_off_changed(JournalSegment& segment, const JournalSegment& next) {
    if (next.first_sequence != segment.last_sequence + 1 || next.previous_crc == segment.last_crc) {
        return true;
    }
    if (segment.records() == 1) {
        return false;
    }
    --segment.last_sequence;
    segment.end = segment.last_before_end;
    return true;
}

/// Collects records, in file order, into segments.
class SegmentFinder {
  public:
    explicit SegmentFinder(std::vector<JournalSegment>& segments) : segments_(segments) {}

    void take(const JournalFrame& frame,
              const JournalRecord& record,
              std::uint64_t begin,
              std::uint64_t end) {
        if (!continues_last(frame)) {
            begin_segment(frame, record, begin);
        }
        JournalSegment& segment = segments_.back();
        segment.last_before_end = segment.end;
        segment.last_begin = begin;
        segment.end = end;
        segment.last_sequence = frame.sequence;
        segment.last_crc = frame.crc;
        segment.last_time = record.time;
    }

  private:
    /// Identifies the next record of a chain: its number, and the c of the record before it.
    using Link = std::pair<std::uint64_t, std::uint32_t>;

    /// Whether the record belongs to the last segment. If it is also chained to the end of an
    /// earlier segment, it does not: the last segment is then a copy that ends in the same way and
    /// is dropped in favor of the earlier one, while the records after the copy are valid.
    bool continues_last(const JournalFrame& frame) const {
        const Link link(frame.sequence, frame.previous_crc);
        return !segments_.empty() && link == link_behind(segments_.back()) &&
               !earlier_ends_.contains(link);
    }

    static Link link_behind(const JournalSegment& segment) {
        return {segment.last_sequence + 1, segment.last_crc};
    }

    void begin_segment(const JournalFrame& frame,
                       const JournalRecord& record,
                       std::uint64_t begin) {
        if (!segments_.empty()) {
            earlier_ends_.insert(link_behind(segments_.back()));
        }
        JournalSegment segment;
        segment.begin = begin;
        segment.first_sequence = frame.sequence;
        segment.previous_crc = frame.previous_crc;
        segment.first_time = record.time;
        segments_.push_back(segment);
    }

    std::vector<JournalSegment>& segments_;
    boost::unordered_flat_set<Link> earlier_ends_;
};

/// Searches [begin, end) of the file, or up to its end; offsets are relative to the file.
std::error_code search_bytes(io::AppendFile& file,
                             std::uint64_t begin,
                             std::uint64_t end,
                             const RecordVisitor& visit,
                             bool& needs_later_version) {
    needs_later_version = false;
    JournalSearch search;
    JournalFrame frame;
    JournalRecord record;
    std::vector<char> chunk(
        static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, end - begin)));
    std::uint64_t offset = begin;
    while (offset < end) {
        std::size_t got = 0;
        const std::size_t wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), end - offset));
        if (const std::error_code error = file.read(offset, std::span(chunk).first(wanted), got)) {
            return error;
        }
        if (got == 0) {
            return {};
        }
        offset += got;
        search.feed(std::string_view(chunk.data(), got));
        while (search.next(frame)) {
            const JournalReading reading = read_journal_body(frame, record);
            needs_later_version |= reading == JournalReading::unknown_event;
            if (reading == JournalReading::understood && can_be(frame, record) &&
                !visit(frame, record, begin + search.begin(), begin + search.end())) {
                return {};
            }
        }
    }
    return {};
}

}  // namespace

std::error_code search_records(io::AppendFile& file,
                               const RecordVisitor& visit,
                               bool& needs_later_version) {
    return search_bytes(
        file, 0, std::numeric_limits<std::uint64_t>::max(), visit, needs_later_version);
}

std::error_code search_records_of(io::AppendFile& file,
                                  const JournalSegment& segment,
                                  const RecordVisitor& visit) {
    bool ignored = false;
    return search_bytes(file, segment.begin, segment.end, visit, ignored);
}

std::error_code find_segments(io::AppendFile& file,
                              std::vector<JournalSegment>& segments,
                              bool& needs_later_version) {
    SegmentFinder finder(segments);
    const auto visit = [&](const JournalFrame& frame,
                           const JournalRecord& record,
                           std::uint64_t begin,
                           std::uint64_t end) {
        finder.take(frame, record, begin, end);
        return segments.size() <= kSegmentsMax;
    };
    return search_records(file, visit, needs_later_version);
}

std::vector<JournalSegment> segments_of_one_journal(std::vector<JournalSegment> segments,
                                                    const IsConsistent& is_consistent) {
    const auto header = std::find_if(segments.begin(), segments.end(), has_header);
    if (header == segments.end()) {
        return {};
    }
    std::map<std::uint64_t, JournalSegment> taken;  // by offset
    static_cast<void>(is_consistent(*header));
    taken.emplace(header->begin, *header);
    segments.erase(segments.begin(), std::next(header));
    std::stable_sort(segments.begin(), segments.end(), [](const auto& a, const auto& b) {
        return a.records() > b.records();
    });
    for (const JournalSegment& segment : segments) {
        const auto next = taken.upper_bound(segment.begin);
        const bool fits = can_follow(std::prev(next)->second, segment) &&
                          (next == taken.end() || can_follow(segment, next->second));
        if (fits && is_consistent(segment)) {
            taken.emplace(segment.begin, segment);
        }
    }
    std::vector<JournalSegment> journal;
    for (const auto& [begin, segment] : taken) {
        while (!journal.empty() && !take_off_changed(journal.back(), segment)) {
            journal.pop_back();
            if (journal.empty()) {
                return {};  // the rest follows a different header
            }
        }
        journal.push_back(segment);
    }
    return journal;
}

}  // namespace keyferry::engine
