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

namespace keyferry {
namespace {

constexpr std::size_t kReadBytes = 1U << 20U;

/// Whether `b` can stand behind `a` in one journal.
bool can_follow(const JournalStretch& a, const JournalStretch& b) {
    return a.last_sequence < b.first_sequence && a.end <= b.begin &&
           b.first_time >= a.last_time - kStretchClockStepMax;
}

bool has_header(const JournalStretch& stretch) {
    return stretch.first_sequence == 0 && stretch.previous_crc == 0;
}

/// A header is record 0, and no other record is.
bool can_be(const JournalFrame& frame, const JournalRecord& record) {
    return std::holds_alternative<JournalHeader>(record.body) == (frame.sequence == 0);
}

/// Takes a last record off that the next stretch was not chained to. False if nothing is left.
bool take_off_changed(JournalStretch& stretch, const JournalStretch& next) {
    if (next.first_sequence != stretch.last_sequence + 1 || next.previous_crc == stretch.last_crc) {
        return true;
    }
    if (stretch.records() == 1) {
        return false;
    }
    --stretch.last_sequence;
    stretch.end = stretch.last_before_end;
    return true;
}

/// Puts records that come by, in the order of the file, into stretches.
class StretchFinder {
  public:
    explicit StretchFinder(std::vector<JournalStretch>& stretches) : stretches_(stretches) {}

    void take(const JournalFrame& frame,
              const JournalRecord& record,
              std::uint64_t begin,
              std::uint64_t end) {
        if (!goes_on(frame)) {
            begin_stretch(frame, record, begin);
        }
        JournalStretch& stretch = stretches_.back();
        stretch.last_before_end = stretch.end;
        stretch.last_begin = begin;
        stretch.end = end;
        stretch.last_sequence = frame.sequence;
        stretch.last_crc = frame.crc;
        stretch.last_time = record.time;
    }

  private:
    /// What must be in a record that is chained to another one: its number, and that one's c.
    using Link = std::pair<std::uint64_t, std::uint32_t>;

    /// Whether the record belongs to the last stretch. Not so if it was chained to the end of an
    /// earlier one as well: then the last is a copy that ends as that one does, and falls away
    /// beside it, but what stands behind the copy is good.
    bool goes_on(const JournalFrame& frame) const {
        const Link link(frame.sequence, frame.previous_crc);
        return !stretches_.empty() && link == link_behind(stretches_.back()) &&
               !earlier_ends_.contains(link);
    }

    static Link link_behind(const JournalStretch& stretch) {
        return {stretch.last_sequence + 1, stretch.last_crc};
    }

    void begin_stretch(const JournalFrame& frame,
                       const JournalRecord& record,
                       std::uint64_t begin) {
        if (!stretches_.empty()) {
            earlier_ends_.insert(link_behind(stretches_.back()));
        }
        JournalStretch stretch;
        stretch.begin = begin;
        stretch.first_sequence = frame.sequence;
        stretch.previous_crc = frame.previous_crc;
        stretch.first_time = record.time;
        stretches_.push_back(stretch);
    }

    std::vector<JournalStretch>& stretches_;
    boost::unordered_flat_set<Link> earlier_ends_;
};

/// Searches [begin, end) of the file, or up to its end; places are those in the file.
std::error_code search_bytes(AppendFile& file,
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

std::error_code search_records(AppendFile& file,
                               const RecordVisitor& visit,
                               bool& needs_later_version) {
    return search_bytes(
        file, 0, std::numeric_limits<std::uint64_t>::max(), visit, needs_later_version);
}

std::error_code search_records_of(AppendFile& file,
                                  const JournalStretch& stretch,
                                  const RecordVisitor& visit) {
    bool ignored = false;
    return search_bytes(file, stretch.begin, stretch.end, visit, ignored);
}

std::error_code find_stretches(AppendFile& file,
                               std::vector<JournalStretch>& stretches,
                               bool& needs_later_version) {
    StretchFinder finder(stretches);
    const auto visit = [&](const JournalFrame& frame,
                           const JournalRecord& record,
                           std::uint64_t begin,
                           std::uint64_t end) {
        finder.take(frame, record, begin, end);
        return stretches.size() <= kStretchesMax;
    };
    return search_records(file, visit, needs_later_version);
}

std::vector<JournalStretch> stretches_of_one_journal(std::vector<JournalStretch> stretches,
                                                     const GoesWithTaken& goes_with_taken) {
    const auto header = std::find_if(stretches.begin(), stretches.end(), has_header);
    if (header == stretches.end()) {
        return {};
    }
    std::map<std::uint64_t, JournalStretch> taken;  // by place
    static_cast<void>(goes_with_taken(*header));
    taken.emplace(header->begin, *header);
    stretches.erase(stretches.begin(), std::next(header));
    std::stable_sort(stretches.begin(), stretches.end(), [](const auto& a, const auto& b) {
        return a.records() > b.records();
    });
    for (const JournalStretch& stretch : stretches) {
        const auto next = taken.upper_bound(stretch.begin);
        const bool fits = can_follow(std::prev(next)->second, stretch) &&
                          (next == taken.end() || can_follow(stretch, next->second));
        if (fits && goes_with_taken(stretch)) {
            taken.emplace(stretch.begin, stretch);
        }
    }
    std::vector<JournalStretch> journal;
    for (const auto& [begin, stretch] : taken) {
        while (!journal.empty() && !take_off_changed(journal.back(), stretch)) {
            journal.pop_back();
            if (journal.empty()) {
                return {};  // the header is not the one that the rest was written behind
            }
        }
        journal.push_back(stretch);
    }
    return journal;
}

}  // namespace keyferry
