// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/recovery.hpp"

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace keyferry::engine {
namespace {

constexpr std::string_view kHeaderStart = "{\"n\":0,\"k\":0,\"p\":\"00000000\",\"t\":\"";

}  // namespace

void JournalScanner::feed(std::string_view chunk) {
    scan_.bytes += chunk.size();
    if (scan_.tail.next_sequence == 0 && beginning_.size() < kJournalLineBytesMax) {
        beginning_ += chunk.substr(0, kJournalLineBytesMax - beginning_.size());
    }
    while (phase_ == Phase::good && !chunk.empty()) {
        const std::size_t newline = chunk.find('\n');
        const std::string_view part = chunk.substr(0, newline);
        const std::size_t carried = carry_.size();
        const bool fits = part.size() < kJournalLineBytesMax - carried;
        if (fits && newline == std::string_view::npos) {
            carry_ += part;
            return;
        }
        std::string_view line = part;
        if (fits && carried > 0) {
            carry_ += part;
            line = carry_;
        }
        if (!fits || !take_good(line)) {
            carry_.resize(carried);
            phase_ = Phase::searching_proof;
            search_proof(carry_);
            break;
        }
        carry_.clear();
        chunk.remove_prefix(newline + 1);
    }
    if (phase_ == Phase::searching_proof) {
        search_proof(chunk);
    }
}

bool JournalScanner::take_good(std::string_view line) {
    JournalFrame frame;
    if (!read_journal_frame(line, frame) || frame.sequence != scan_.tail.next_sequence ||
        frame.previous_crc != scan_.tail.previous_crc) {
        return false;
    }
    take_body(frame);
    if (phase_ == Phase::good) {
        scan_.good_bytes += line.size() + 1;
    }
    return true;
}

void JournalScanner::take_body(const JournalFrame& frame) {
    const std::uint64_t number = frame.sequence;
    switch (read_journal_body(frame, record_)) {
        case JournalReading::unknown_event:
            end_with(JournalState::newer_version,
                     fmt::format("record {} has an event type that this version does not support",
                                 number));
            return;
        case JournalReading::malformed:
            end_with(
                number == 0 ? JournalState::not_a_journal : JournalState::not_understood,
                fmt::format("record {} has a valid checksum, but its format is invalid", number));
            return;
        case JournalReading::understood:
            break;
    }
    const auto* header = std::get_if<JournalHeader>(&record_.body);
    if ((number == 0) != (header != nullptr)) {
        end_with(number == 0 ? JournalState::not_a_journal : JournalState::not_understood,
                 fmt::format("record {} is {} header", number, number == 0 ? "not a" : "a second"));
        return;
    }
    if (header != nullptr) {
        scan_.verb = header->verb;
    }
    if (header != nullptr && header->min_reader > kJournalVersion) {
        end_with(JournalState::newer_version,
                 fmt::format(
                     "it requires support for version {}; this program supports up to version {}",
                     header->min_reader,
                     kJournalVersion));
        return;
    }
    if (frame.batch_first != number && frame.batch_first != batch_first_) {
        end_with(JournalState::not_understood,
                 fmt::format("according to record {}, its batch began with record {}, but "
                             "according to the previous record, it began with record {}",
                             number,
                             frame.batch_first,
                             batch_first_));
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
    batch_first_ = frame.batch_first;
}

void JournalScanner::search_proof(std::string_view chunk) {
    search_.feed(chunk);
    JournalFrame frame;
    while (phase_ == Phase::searching_proof && search_.next(frame)) {
        if (frame.batch_first > scan_.tail.next_sequence) {
            scan_.proof_sequence = frame.sequence;
            end_with(JournalState::damaged, {});
        }
    }
}

void JournalScanner::end_with(JournalState state, std::string problem) {
    assert(phase_ != Phase::over);
    phase_ = Phase::over;
    scan_.state = state;
    scan_.problem = std::move(problem);
}

JournalState JournalScanner::state_without_header() const noexcept {
    const std::string_view beginning = beginning_;
    const bool is_header_like =
        beginning.starts_with(kHeaderStart) || kHeaderStart.starts_with(beginning);
    // A crash can also leave a file that is as long as the header but contains only zeros.
    const bool is_zero = beginning.find_first_not_of('\0') == std::string_view::npos;
    if (!is_header_like && !is_zero) {
        return JournalState::not_a_journal;
    }
    const std::size_t newline = beginning.find('\n');
    const bool is_one_line = newline == std::string_view::npos || newline + 1 == scan_.bytes;
    if (is_one_line && scan_.bytes <= kJournalLineBytesMax) {
        return JournalState::header_incomplete;
    }
    return is_header_like ? JournalState::damaged : JournalState::not_a_journal;
}

JournalScan JournalScanner::finish() {
    if (phase_ == Phase::good && !carry_.empty()) {
        phase_ = Phase::searching_proof;
        search_proof(carry_);
    }
    if (phase_ == Phase::over) {
        return scan_;
    }
    if (scan_.bytes == 0) {
        scan_.state = JournalState::empty;
    } else if (scan_.tail.next_sequence == 0) {
        scan_.state = state_without_header();
        scan_.kind = io::file_kind(beginning_);
    } else {
        const std::uint64_t bad_bytes = scan_.bytes - scan_.good_bytes;
        scan_.state = bad_bytes == 0                   ? JournalState::whole
                      : bad_bytes <= kTornTailBytesMax ? JournalState::torn_tail
                                                       : JournalState::damaged;
    }
    return scan_;
}

}  // namespace keyferry::engine
