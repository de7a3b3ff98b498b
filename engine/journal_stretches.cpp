#include "engine/journal_stretches.hpp"

#include "engine/journal_search.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <span>

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
            if (reading == JournalReading::understood &&
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
    const auto visit = [&](const JournalFrame& frame,
                           const JournalRecord& record,
                           std::uint64_t begin,
                           std::uint64_t end) {
        const bool is_header = std::holds_alternative<JournalHeader>(record.body);
        if (is_header != (frame.sequence == 0)) {
            return true;  // says what cannot be
        }
        const bool goes_on = !stretches.empty() && !is_header &&
                             frame.sequence == stretches.back().last_sequence + 1 &&
                             frame.previous_crc == stretches.back().last_crc;
        if (!goes_on) {
            JournalStretch stretch;
            stretch.begin = begin;
            stretch.first_sequence = frame.sequence;
            stretch.previous_crc = frame.previous_crc;
            stretch.first_time = record.time;
            stretches.push_back(stretch);
        }
        JournalStretch& stretch = stretches.back();
        stretch.last_before_end = stretch.end;
        stretch.last_begin = begin;
        stretch.end = end;
        stretch.last_sequence = frame.sequence;
        stretch.last_crc = frame.crc;
        stretch.last_time = record.time;
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
