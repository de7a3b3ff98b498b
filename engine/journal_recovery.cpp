#include "engine/journal_recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry {
namespace {

constexpr std::string_view kRecordStart = "{\"n\":";
constexpr std::string_view kHeaderStart = "{\"n\":0,\"k\":0,\"p\":\"00000000\",\"t\":\"";

std::string_view last_bytes(std::string_view text, std::size_t count) noexcept {
    return text.size() <= count ? text : text.substr(text.size() - count);
}

}  // namespace

void JournalScanner::feed(std::string_view chunk) {
    scan_.bytes += chunk.size();
    while (!chunk.empty() && phase_ != Phase::over) {
        const std::size_t newline = chunk.find('\n');
        const std::string_view part = chunk.substr(0, newline);
        if (newline != std::string_view::npos && carry_length_ == 0) {
            take_line(part, part.size());
        } else {
            carry_ += last_bytes(part, kJournalLineBytesMax);
            carry_length_ += part.size();
            if (carry_.size() > kJournalLineBytesMax) {
                carry_.erase(0, carry_.size() - kJournalLineBytesMax);
            }
            if (newline == std::string_view::npos) {
                return;
            }
            take_line(carry_, carry_length_);
            carry_.clear();
            carry_length_ = 0;
        }
        chunk.remove_prefix(newline + 1);
    }
}

/// `line` is at least the last kJournalLineBytesMax bytes of a line with `full_length` bytes.
void JournalScanner::take_line(std::string_view line, std::size_t full_length) {
    if (!seen_newline_) {
        seen_newline_ = true;
        looks_like_header_ = line.starts_with(kHeaderStart);
    }
    if (phase_ == Phase::good) {
        if (full_length < kJournalLineBytesMax && take_good(line)) {
            if (phase_ == Phase::good) {
                scan_.good_bytes += full_length + 1;
            }
            return;
        }
        phase_ = Phase::searching_proof;
    }
    search_proof(last_bytes(line, kJournalLineBytesMax));
}

bool JournalScanner::take_good(std::string_view line) {
    JournalFrame frame;
    if (!read_journal_frame(line, frame) || frame.sequence != scan_.tail.next_sequence ||
        frame.previous_crc != scan_.tail.previous_crc) {
        return false;
    }
    take_body(frame);
    return true;
}

void JournalScanner::take_body(const JournalFrame& frame) {
    const std::uint64_t number = frame.sequence;
    switch (read_journal_body(frame, record_)) {
        case JournalReading::unknown_event:
            end_with(
                JournalState::newer_version,
                fmt::format("record {} tells of an event that this version does not know", number));
            return;
        case JournalReading::malformed:
            end_with(number == 0 ? JournalState::not_a_journal : JournalState::not_understood,
                     fmt::format("record {} is whole, but not in the form of a record", number));
            return;
        case JournalReading::understood:
            break;
    }
    const auto* header = std::get_if<JournalHeader>(&record_.body);
    if ((number == 0) != (header != nullptr)) {
        end_with(number == 0 ? JournalState::not_a_journal : JournalState::not_understood,
                 fmt::format("record {} is {} header", number, number == 0 ? "no" : "a second"));
        return;
    }
    if (header != nullptr && header->min_reader > kJournalVersion) {
        end_with(JournalState::newer_version,
                 fmt::format("it needs a program that reads version {}; this one reads up to {}",
                             header->min_reader,
                             kJournalVersion));
        return;
    }
    std::string problem = visit_(record_);
    if (!problem.empty()) {
        end_with(JournalState::not_understood,
                 fmt::format("record {}: {}", number, std::move(problem)));
        return;
    }
    scan_.tail.next_sequence = number + 1;
    scan_.tail.previous_crc = frame.crc;
}

void JournalScanner::search_proof(std::string_view line) {
    // The start of a record stands nowhere inside one, so only the last start can be that of a
    // good record.
    const std::size_t at = line.rfind(kRecordStart);
    JournalFrame frame;
    if (at != std::string_view::npos && read_journal_frame(line.substr(at), frame) &&
        frame.batch_first > scan_.tail.next_sequence) {
        scan_.proof_sequence = frame.sequence;
        end_with(JournalState::damaged, {});
    }
}

void JournalScanner::end_with(JournalState state, std::string problem) {
    assert(phase_ != Phase::over);
    phase_ = Phase::over;
    scan_.state = state;
    scan_.problem = std::move(problem);
}

JournalScan JournalScanner::finish() {
    if (!seen_newline_ && phase_ == Phase::good) {
        looks_like_header_ =
            std::string_view(carry_).starts_with(kHeaderStart) || kHeaderStart.starts_with(carry_);
    }
    if (phase_ == Phase::over) {
        return scan_;
    }
    if (scan_.bytes == 0) {
        scan_.state = JournalState::empty;
    } else if (scan_.tail.next_sequence > 0) {
        scan_.state =
            scan_.good_bytes == scan_.bytes ? JournalState::whole : JournalState::torn_tail;
    } else if (!looks_like_header_) {
        scan_.state = JournalState::not_a_journal;
    } else if (!seen_newline_ && scan_.bytes < kJournalLineBytesMax) {
        scan_.state = JournalState::header_incomplete;
    } else {
        scan_.state = JournalState::damaged;
    }
    return scan_;
}

}  // namespace keyferry
