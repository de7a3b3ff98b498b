// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/journal_mutator.hpp"

#include "engine/journal/format/parse.hpp"
#include "io/checksum/crc32c.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/sample_journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace keyferry::fuzz {
namespace {

constexpr std::size_t kTextBytesMax = 5000;  // longer than a line may be

/// Returns the number after `name` in `text`; 0 if there is none.
std::uint64_t number_after(std::string_view text, std::string_view name) {
    std::uint64_t number = 0;
    if (const std::size_t at = text.find(name); at != std::string_view::npos) {
        const std::string_view digits = text.substr(at + name.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    }
    return number;
}

std::string hex_of(std::uint32_t crc) {
    return fmt::format("{:08x}", crc);
}

}  // namespace

JournalMutator::Line JournalMutator::parse_line(std::string_view text) {
    Line line;
    const std::size_t body = text.find(",\"t\":");
    const std::size_t previous = text.find(",\"p\":\"");
    if (!text.starts_with("{\"n\":") || previous == std::string_view::npos ||
        body == std::string_view::npos || body < previous ||
        text.size() < body + engine::kJournalSealBytes) {
        line.body = text;
        return line;
    }
    line.is_record = true;
    line.sequence = number_after(text, "{\"n\":");
    line.batch_first = number_after(text, ",\"k\":");
    line.begins_batch = line.sequence == line.batch_first;
    line.previous_crc = text.substr(previous + 6, 8);
    line.body = text.substr(body, text.size() - engine::kJournalSealBytes - body);
    line.crc = text.substr(text.size() - 10, 8);
    return line;
}

std::vector<JournalMutator::Line> JournalMutator::parse_lines(std::string_view journal) {
    std::vector<Line> lines;
    while (!journal.empty()) {
        const std::size_t newline = journal.find('\n');
        lines.push_back(parse_line(journal.substr(0, newline)));
        lines.back().has_newline = newline != std::string_view::npos;
        journal.remove_prefix(std::min(journal.size(), newline) +
                              (lines.back().has_newline ? 1 : 0));
    }
    return lines;
}

std::string JournalMutator::unsealed(const Line& line) {
    return fmt::format("{{\"n\":{},\"k\":{},\"p\":\"{}\"{}",
                       line.sequence,
                       line.batch_first,
                       line.previous_crc,
                       line.body);
}

std::string JournalMutator::join_lines(const std::vector<Line>& lines) {
    std::string journal;
    for (const Line& line : lines) {
        journal += line.is_record ? unsealed(line) + ",\"c\":\"" + line.crc + "\"}" : line.body;
        if (line.has_newline) {
            journal += '\n';
        }
    }
    return journal;
}

std::string JournalMutator::mutated(std::string text) {
    const std::size_t size = text.size();
    text.resize(std::max(size, kTextBytesMax));
    text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
    return text;
}

JournalMutator::Line JournalMutator::new_record() {
    std::string bytes;
    engine::JournalEncoder encoder{engine::JournalTail{}};
    const auto job = static_cast<planner::JobIndex>(below(test::kSampleJobs));
    const auto event = test::kSampleJobEvents[below(test::kSampleJobEvents.size())];
    const io::WallTime time{std::chrono::milliseconds{1'787'745'600'123}};
    switch (below(8)) {
        case 0:
            encoder.append(bytes, time, test::sample_header());
            break;
        case 1:
            encoder.append(bytes, time, test::sample_run(below(2) == 0));
            break;
        case 2:
            encoder.append_end(bytes, time, "finished");
            break;
        default:
            encoder.append(bytes, time, test::sample_entry(event, job, below(2) == 0));
    }
    bytes.pop_back();
    Line line = parse_line(bytes);
    line.has_newline = true;
    line.begins_batch = below(3) == 0;
    return line;
}

void JournalMutator::change_line(Line& line) {
    switch (below(8)) {
        case 0:
            line.has_newline = !line.has_newline;
            return;
        case 1:
            line.begins_batch = !line.begins_batch;
            return;
        case 2:
            line.sequence = below(2) == 0 ? below(100) : std::uint64_t{random_()} << below(34);
            return;
        case 3:
            line.batch_first = line.sequence + 1 - std::min(line.sequence + 1, below(6));
            return;
        case 4:
            line.is_record = false;
            line.body = std::string(below(kTextBytesMax), "\0x{\n"[below(4)]);
            return;
        default:
            line.body = mutated(std::move(line.body));
    }
}

void JournalMutator::change(std::vector<Line>& lines) {
    const std::size_t at = below(lines.size());
    const auto place = lines.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
        case 0:
            lines.insert(place, new_record());
            return;
        case 1:
            lines.insert(place, lines[below(lines.size())]);
            return;
        case 2:
            std::swap(lines[at], lines[below(lines.size())]);
            return;
        case 3:
            if (lines.size() > 1) {
                lines.erase(place);
            }
            return;
        default:
            change_line(*place);
    }
}

void JournalMutator::repair(std::vector<Line>& lines, std::size_t count, bool checksums_only) {
    std::uint64_t sequence = 0;
    std::uint64_t batch_first = 0;
    std::string previous_crc = "00000000";
    for (std::size_t index = 0; index < count; ++index) {
        Line& line = lines[index];
        if (!line.is_record) {
            continue;
        }
        if (!checksums_only) {
            batch_first = line.begins_batch ? sequence : batch_first;
            line.sequence = sequence++;
            line.batch_first = batch_first;
            line.previous_crc = previous_crc;
        }
        line.crc = hex_of(io::crc32c(unsealed(line)));
        previous_crc = line.crc;
    }
}

std::string JournalMutator::mutate(std::string_view journal) {
    if (journal.empty() || below(20) == 0) {
        return mutated(std::string(journal));
    }
    std::vector<Line> lines = parse_lines(journal);
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
        change(lines);
    }
    const auto level = below(8);
    if (level > 0) {
        // Repair only a prefix: later lines keep their numbers and chain.
        const std::size_t count = below(2) == 0 ? lines.size() : below(lines.size() + 1);
        repair(lines, count, level <= 2);
    }
    std::string changed = join_lines(lines);
    if (below(6) == 0) {
        changed.resize(below(changed.size() + 1));
    }
    return changed;
}

}  // namespace keyferry::fuzz
