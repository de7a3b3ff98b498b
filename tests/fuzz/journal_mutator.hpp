// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// A mutator for journals that keeps checksums valid: it changes individual records, then repairs
// all or some of the sequence numbers, batches, chain and checksums.

namespace keyferry::fuzz {

class JournalMutator {
  public:
    explicit JournalMutator(unsigned seed) : random_(seed) {}

    std::string mutate(std::string_view journal);

  private:
    /// A line, split into its members if it has the form of a record.
    struct Line {
        Line() = default;

        bool is_record = false;
        bool begins_batch = false;
        std::uint64_t sequence = 0;
        std::uint64_t batch_first = 0;
        std::string previous_crc;
        std::string body;  ///< the part between p and c; the whole line if it is not a record
        std::string crc;
        bool has_newline = false;
    };

    static std::vector<Line> parse_lines(std::string_view journal);
    static Line parse_line(std::string_view text);
    static std::string join_lines(const std::vector<Line>& lines);
    static std::string unsealed(const Line& line);

    void change(std::vector<Line>& lines);
    void change_line(Line& line);
    /// Repairs the first `count` lines: everything, or only the checksums.
    void repair(std::vector<Line>& lines, std::size_t count, bool checksums_only);
    Line new_record();
    std::string mutated(std::string text);
    std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_()) % end; }

    std::minstd_rand random_;
};

}  // namespace keyferry::fuzz
