// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/search.hpp"

#include <algorithm>

namespace keyferry::engine {
namespace {

constexpr std::string_view kRecordStart = "{\"n\":";
constexpr std::string_view kSealStart = ",\"c\":\"";
/// Maximum size of a record, excluding its newline.
constexpr std::size_t kRecordBytesMax = kJournalLineBytesMax - 1;

}  // namespace

void JournalSearch::feed(std::string_view chunk) {
    bytes_.erase(0, at_);
    dropped_ += at_;
    at_ = 0;
    bytes_ += chunk;
}

bool JournalSearch::next(JournalFrame& frame) {
    for (;;) {
        const std::size_t start = bytes_.find(kRecordStart, at_);
        if (start == std::string::npos) {
            // A record may begin in the last few bytes.
            at_ = std::max(at_, bytes_.size() - std::min(bytes_.size(), kRecordStart.size() - 1));
            return false;
        }
        at_ = start;
        switch (examine(frame)) {
            case Candidate::record:
                return true;
            case Candidate::not_all_here:
                return false;
            case Candidate::no_record:
                at_ += kRecordStart.size();
        }
    }
}

JournalSearch::Candidate JournalSearch::examine(JournalFrame& frame) {
    std::string_view record = std::string_view(bytes_).substr(at_, kRecordBytesMax);
    const std::size_t next_start = record.find(kRecordStart, kRecordStart.size());
    const bool is_bounded =
        record.size() == kRecordBytesMax || next_start != std::string_view::npos;
    record = record.substr(0, next_start);
    const std::size_t seal = record.find(kSealStart);
    if (seal == std::string_view::npos || record.size() - seal < kJournalSealBytes) {
        return is_bounded ? Candidate::no_record : Candidate::not_all_here;
    }
    record = record.substr(0, seal + kJournalSealBytes);
    if (!read_journal_frame(record, frame)) {
        return Candidate::no_record;
    }
    begin_ = dropped_ + at_;
    at_ += record.size();
    return Candidate::record;
}

}  // namespace keyferry::engine
