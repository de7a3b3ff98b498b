// SPDX-License-Identifier: Apache-2.0
#include "io/checksum/crc32c.hpp"

#include <array>
#include <cstring>

namespace keyferry::io {

namespace {

constexpr std::uint32_t kReflectedPolynomial = 0x82f63b78U;

// Boost.CRC is not used, because it cannot continue from an earlier value unless the value's bits
// are reversed manually. The tests compare the results with those of Boost.CRC.
constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1U) != 0 ? (crc >> 1U) ^ kReflectedPolynomial : crc >> 1U;
        }
        table[byte] = crc;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(std::string_view bytes,
                                                                      std::uint32_t crc) noexcept {
    std::uint64_t running = ~crc;
    const char* at = bytes.data();
    std::size_t left_bytes = bytes.size();
    for (; left_bytes >= sizeof(std::uint64_t); left_bytes -= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof(word));
        running = __builtin_ia32_crc32di(running, word);
        at += sizeof(word);
    }
    auto last = static_cast<std::uint32_t>(running);
    for (; left_bytes > 0; --left_bytes) {
        last = __builtin_ia32_crc32qi(last, static_cast<unsigned char>(*at));
        ++at;
    }
    return ~last;
}
#endif

using Crc32c = std::uint32_t (*)(std::string_view, std::uint32_t) noexcept;

Crc32c best_for_this_processor() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2") != 0) {
        return crc32c_by_instruction;
    }
#endif
    return crc32c_by_table;
}

}  // namespace

std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t crc) noexcept {
    crc = ~crc;
    for (const char c : bytes) {
        crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xffU] ^ (crc >> 8U);
    }
    return ~crc;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc) noexcept {
    static const Crc32c best = best_for_this_processor();
    return best(bytes, crc);
}

}  // namespace keyferry::io
