// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace keyferry::simulator {

/// An OpenSSL failure that is not caused by the request: out of memory, a missing algorithm, or a
/// rejected key. KmsModel converts it to an error response, so that the simulator keeps running.
class OpensslFailure : public std::runtime_error {
  public:
    /// `task` completes "OpenSSL cannot ...".
    explicit OpensslFailure(const char* task)
        : std::runtime_error(std::string("OpenSSL cannot ") + task) {}
};

}  // namespace keyferry::simulator
