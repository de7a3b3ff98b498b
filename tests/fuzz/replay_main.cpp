// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without libFuzzer, with any compiler.
//
//   PROGRAM [--mutations N] [FILE or FOLDER...]    runs the seeds, N mutations, and the files
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kInputBytesMax = 16'384;
std::mt19937 mutation_random(1);

void run(const std::string& input) {
    // A separate copy, so that a sanitizer detects reads beyond its end.
    const std::vector<std::uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string mutated(const std::string& input) {
    std::vector<std::uint8_t> bytes(input.begin(), input.end());
    bytes.resize(std::max(bytes.size(), kInputBytesMax));
    const std::size_t size = LLVMFuzzerCustomMutator(
        bytes.data(), input.size(), bytes.size(), static_cast<unsigned>(mutation_random()));
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t run_files(const std::filesystem::path& path) {
    if (!std::filesystem::is_directory(path)) {
        run(text_of(path));
        return 1;
    }
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        files += run_files(entry.path());
    }
    return files;
}

}  // namespace

/// Replaces the mutations of libFuzzer: changes a byte, removes a few, or inserts a few.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data,
                                        std::size_t size,
                                        std::size_t size_max) {
    const auto below = [](std::size_t end) {
        return static_cast<std::size_t>(mutation_random()) % end;
    };
    const std::size_t part = 1 + below(8);
    const std::size_t at = below(size + 1);
    if (below(3) == 0 && size + part <= size_max) {
        std::copy_backward(data + at, data + size, data + size + part);
        std::generate(
            data + at, data + at + part, [&] { return static_cast<std::uint8_t>(below(256)); });
        return size + part;
    }
    if (below(2) == 0 && at + part <= size) {
        std::copy(data + at + part, data + size, data + at);
        return size - part;
    }
    if (at < size) {
        data[at] = static_cast<std::uint8_t>(below(256));
    }
    return size;
}

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    std::size_t mutations = 0;
    if (arguments.size() >= 2 && arguments[0] == "--mutations") {
        mutations = std::stoul(arguments[1]);
        arguments.erase(arguments.begin(), arguments.begin() + 2);
    }
    const std::vector<std::string> seeds = keyferry::fuzz::fuzz_seeds();
    std::vector<std::string> changed = seeds;
    std::for_each(seeds.begin(), seeds.end(), run);
    std::size_t inputs = seeds.size();
    for (; mutations > 0; --mutations, ++inputs) {
        // Usually mutates the previous mutation; occasionally starts from the seed again.
        const std::size_t index = mutations % seeds.size();
        changed[index] = mutated(mutation_random() % 8 == 0 ? seeds[index] : changed[index]);
        run(changed[index]);
    }
    for (const std::string& path : arguments) {
        inputs += run_files(path);
    }
    std::printf("%zu inputs\n", inputs);
    return 0;
}
