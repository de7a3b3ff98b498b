// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// The interface that each NAME_fuzz.cpp in this folder implements. With the preset `fuzz`,
// libFuzzer calls it; with every other preset, replay_main.cpp calls it, so that seeds and findings
// run as ordinary tests.

/// Runs the code under test on `data` and aborts if an invariant does not hold. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Mutates the `size` bytes in `data`, a buffer of `size_max` bytes, into a new input and returns
/// its size. Deterministic for a given `seed`.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t size_max,
                                               unsigned int seed);

/// libFuzzer's built-in mutations, for the custom mutator to apply to parts of an input.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace keyferry::fuzz {

/// Returns the initial inputs. The production code generates them, so they are always up to date.
std::vector<std::string> fuzz_seeds();

}  // namespace keyferry::fuzz
