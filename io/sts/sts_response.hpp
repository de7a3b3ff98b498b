// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"
#include "io/names/account_id.hpp"
#include "io/names/parsed.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

// Parses STS responses, which are XML documents. Only the members below are read.

namespace keyferry::io {

inline constexpr std::size_t kStsMessageBytesMax = 512;

/// A failed call to STS.
struct StsFailure {
    StsFailure() = default;  ///< returned by StsOutcome::error() if there is a result
    StsFailure(bool retryable_, std::string code_, std::string text_)
        : retryable(retryable_), code(std::move(code_)), text(std::move(text_)) {}

    bool retryable = false;  ///< throttled, 5xx or no connection: a retry may succeed later
    std::string code;        ///< for example "AccessDenied"; empty without a response
    std::string text;  ///< a sentence without a full stop, in printable ASCII; never contains a
                       ///< secret
};

/// Called by StsOutcome<T>::value() if there is no result.
[[noreturn]] inline void throw_exception_from_error(const StsFailure& failure,
                                                    const boost::source_location& /*where*/) {
    throw std::runtime_error(failure.text);
}

template <typename T>
using StsOutcome = boost::system::result<T, StsFailure>;

/// The identity of a request's signer, as reported by STS.
struct CallerIdentity {
    CallerIdentity(AccountId account_, std::string arn_)
        : account(std::move(account_)), arn(std::move(arn_)) {}

    AccountId account;
    std::string arn;  ///< "arn:aws:sts::111122223333:assumed-role/dr/keyferry"; printable ASCII
};

/// Parses the credentials in an AssumeRole or AssumeRoleWithWebIdentity response with status 200.
/// `source` describes where the credentials are from.
[[nodiscard]] StsOutcome<Credentials> read_session_credentials(std::string_view xml,
                                                               std::string source);

/// Parses a GetCallerIdentity response with status 200.
[[nodiscard]] StsOutcome<CallerIdentity> read_caller_identity(std::string_view xml);

/// Parses a response with any other status. `doing` describes the request: "AssumeRole of arn:...".
[[nodiscard]] StsFailure read_sts_failure(int status, std::string_view xml, std::string_view doing);

}  // namespace keyferry::io
