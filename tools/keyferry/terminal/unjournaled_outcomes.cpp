// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/unjournaled_outcomes.hpp"

#include "engine/journal/format/parse.hpp"
#include "engine/journal/format/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::cli {

namespace {

std::string plain(std::string_view escaped) {
    return engine::read_journal_text(escaped).value_or(std::string(escaped));
}

std::string note_of(const engine::JournalJobRecord& record) {
    const bool is_change = record.action != io::KmsApi::replicate_key;
    std::string note = fmt::format("not in the journal: {}{} in {} is {}",
                                   is_change ? fmt::format("{} of ", name_of(record.action)) : "",
                                   record.key,
                                   record.region,
                                   name_of(record.event));
    if (record.attribution) {
        note += fmt::format(", {}", name_of(*record.attribution));
    }
    if (!record.state.empty()) {
        note += fmt::format(", {}", plain(record.state));
    }
    if (!record.code.empty()) {
        note += fmt::format(", {}: {}", plain(record.code), plain(record.message));
    }
    if (!record.request_id.empty()) {
        note += fmt::format(" (request {})", plain(record.request_id));
    }
    return note;
}

/// Calls `take(line, record)` for each record that contains the outcome of a job.
template <typename Take>
void for_each_outcome(std::string_view lines, const Take& take) {
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        engine::JournalFrame frame;
        engine::JournalRecord record;
        if (!engine::read_journal_frame(line, frame) ||
            engine::read_journal_body(frame, record) != engine::JournalReading::understood) {
            continue;
        }
        const auto* job = std::get_if<engine::JournalJobRecord>(&record.body);
        const bool is_outcome = job != nullptr && job->event != engine::JournalEvent::sent &&
                                job->event != engine::JournalEvent::pending;
        if (is_outcome) {
            take(line, *job);
        }
    }
}

}  // namespace

std::vector<std::string> unwritten_notes(std::string_view lines) {
    std::vector<std::string> notes;
    for_each_outcome(lines, [&](std::string_view, const engine::JournalJobRecord& record) {
        notes.push_back(note_of(record));
    });
    return notes;
}

std::vector<std::string> unwritten_json(std::string_view lines) {
    std::vector<std::string> objects;
    for_each_outcome(lines, [&](std::string_view line, const engine::JournalJobRecord&) {
        objects.push_back(fmt::format("{{\"unwritten\":{}}}", line));
    });
    return objects;
}

}  // namespace keyferry::cli
