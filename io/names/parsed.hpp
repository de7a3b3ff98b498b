// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>

namespace keyferry::io {

/// Why a text could not be parsed: one sentence without a full stop, suitable after
/// "file:line:column: ". It quotes the invalid part and describes what is expected.
struct ParseProblem {
    std::string text;
};

/// Called by Parsed<T>::value() if there is no value. Code that handles invalid input must check
/// for an error first.
[[noreturn]] inline void throw_exception_from_error(const ParseProblem& problem,
                                                    const boost::source_location& /*where*/) {
    throw std::invalid_argument(problem.text);
}

/// A parsed value or the reason why parsing failed.
template <typename T>
using Parsed = boost::system::result<T, ParseProblem>;

}  // namespace keyferry::io
