// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// Changes a journal as a fuzzer must to get behind its checksums: record by record, and then puts
// numbers, batches, chain and checksums right again, or only some of them.

namespace keyferry::fuzz {

class JournalMutator {
  public:
    explicit JournalMutator(unsigned seed) : random_(seed) {}

    std::string mutate(std::string_view journal);

  private:
    /// A line, taken apart if it has the form of a record.
    struct Line {
        Line() = default;

        bool is_record = false;
        bool begins_batch = false;
        std::uint64_t sequence = 0;
        std::uint64_t batch_first = 0;
        std::string previous_crc;
        std::string body;  ///< what stands between p and c; of no record: all of it
        std::string crc;
        bool has_newline = false;
    };

    static std::vector<Line> take_apart(std::string_view journal);
    static Line take_line_apart(std::string_view text);
    static std::string put_together(const std::vector<Line>& lines);
    static std::string unsealed(const Line& line);

    void change(std::vector<Line>& lines);
    void change_line(Line& line);
    /// Puts `count` lines from the first right: all of it, or the checksums only.
    void repair(std::vector<Line>& lines, std::size_t count, bool checksums_only);
    Line new_record();
    std::string mutated(std::string text);
    std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_()) % end; }

    std::minstd_rand random_;
};

}  // namespace keyferry::fuzz
