// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// What a file NAME_fuzz.cpp in this folder defines. libFuzzer calls it in the preset `fuzz`;
// replay_main.cpp calls it in every other, so that seeds and findings are tests like any other.

/// Runs the code under test on `data` and aborts when one of its laws is broken. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Changes the `size` bytes in `data`, which has room for `size_max`, into a new input, and returns
/// its size. The same from the same `seed`.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t size_max,
                                               unsigned int seed);

/// libFuzzer's own mutations: for the mutator to call on parts of an input.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace keyferry::fuzz {

/// Inputs to begin with, made by the code that ships, so that they cannot be out of date.
std::vector<std::string> fuzz_seeds();

}  // namespace keyferry::fuzz
