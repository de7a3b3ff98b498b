// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>

namespace keyferry::io {

/// Why a text is not what it should be: one sentence without a full stop, fit to stand behind
/// "file:line:column: ". It quotes what was wrong and says what is expected.
struct ParseProblem {
    std::string text;
};

/// Called by Parsed<T>::value() when there is none. Callers that can have bad input ask first.
[[noreturn]] inline void throw_exception_from_error(const ParseProblem& problem,
                                                    const boost::source_location& /*where*/) {
    throw std::invalid_argument(problem.text);
}

/// A value, or why there is none.
template <typename T>
using Parsed = boost::system::result<T, ParseProblem>;

}  // namespace keyferry::io
