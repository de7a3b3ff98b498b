// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace keyferry::simulator {

/// OpenSSL failed in a way that the request does not explain: it lacks memory or an algorithm, or
/// rejects a key. KmsModel turns it into an error response, so that it ends no simulator.
class OpensslFailure : public std::runtime_error {
  public:
    /// `task` completes "OpenSSL cannot ...".
    explicit OpensslFailure(const char* task)
        : std::runtime_error(std::string("OpenSSL cannot ") + task) {}
};

}  // namespace keyferry::simulator
