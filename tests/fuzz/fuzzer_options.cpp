// SPDX-License-Identifier: Apache-2.0
// Options of the libFuzzer programs in this folder, in addition to libFuzzer's own:
//
//   PROGRAM --write-seeds FOLDER       writes the seeds of the target to FOLDER and exits
#include "tests/fuzz/fuzz_target.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    if (*argc != 3 || std::string_view((*argv)[1]) != "--write-seeds") {
        return 0;
    }
    const std::filesystem::path folder = (*argv)[2];
    std::filesystem::create_directories(folder);
    int number = 0;
    for (const std::string& seed : keyferry::fuzz::fuzz_seeds()) {
        std::ofstream(folder / ("seed-" + std::to_string(number++)), std::ios::binary) << seed;
    }
    std::exit(0);
}
