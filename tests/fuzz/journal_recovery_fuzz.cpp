// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/recovery.hpp"
#include "engine/journal/read/replay.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/journal_laws.hpp"
#include "tests/fuzz/journal_mutator.hpp"
#include "tests/support/sample_journal.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

// Interprets arbitrary bytes as a journal. journal_laws.hpp lists the invariants.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    keyferry::fuzz::check_journal_laws(
        std::string_view(reinterpret_cast<const char*>(data), data == nullptr ? 0 : size));
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t size_max,
                                               unsigned int seed) {
    const std::string journal(reinterpret_cast<const char*>(data), size);
    const std::string changed = keyferry::fuzz::JournalMutator(seed).mutate(journal);
    const std::size_t length = std::min(changed.size(), size_max);
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): bytes, and no C string
    std::memcpy(data, changed.data(), length);
    return length;
}

namespace keyferry::fuzz {

std::vector<std::string> fuzz_seeds() {
    const test::SampleJournal begun;
    test::SampleJournal damaged;
    for (std::uint32_t batch = 1; batch < 6; ++batch) {
        damaged.begin_batch();
        damaged.add_random(batch, batch);
    }
    std::string synced_lost = damaged.bytes;
    synced_lost.replace(damaged.starts[4], 40, 40, '\0');
    const std::string torn = damaged.bytes.substr(0, damaged.bytes.size() - 100);
    const std::string header(begun.line(0));
    return {damaged.bytes,
            torn,
            synced_lost,
            header,
            header.substr(0, header.size() / 2),
            begun.bytes + std::string(600, '\0'),
            // Most event types in a few kB: small inputs are faster to fuzz.
            test::SampleJournal::of_every_event().bytes.substr(0, 8000)};
}

}  // namespace keyferry::fuzz
