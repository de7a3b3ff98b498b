// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace keyferry::io {

/// Why a source provided no credentials.
struct CredentialFailure {
    CredentialFailure() = default;  ///< returned by CredentialsOutcome::error() on success
    CredentialFailure(bool retryable_, std::string text_)
        : retryable(retryable_), text(std::move(text_)) {}

    bool retryable = false;  ///< no connection, a 5xx or throttling: a later attempt may succeed
    std::string code;        ///< the error code of STS, if it rejected the request; otherwise empty
    std::string text;  ///< a sentence for the user, without a full stop; never contains a secret
};

/// Called by CredentialsOutcome::value() if there are no credentials.
[[noreturn]] inline void throw_exception_from_error(const CredentialFailure& failure,
                                                    const boost::source_location& /*where*/) {
    throw std::runtime_error(failure.text);
}

using CredentialsOutcome = boost::system::result<Credentials, CredentialFailure>;

}  // namespace keyferry::io
