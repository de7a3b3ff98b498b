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

// What STS answers: XML, of which only the members below are read.

namespace keyferry::io {

inline constexpr std::size_t kStsMessageBytesMax = 512;

/// A call to STS that brought no result.
struct StsFailure {
    StsFailure() = default;  ///< for StsOutcome::error() where there is a result
    StsFailure(bool may_pass_, std::string code_, std::string text_)
        : may_pass(may_pass_), code(std::move(code_)), text(std::move(text_)) {}

    bool may_pass = false;  ///< throttled, a 5xx, no connection: the same call may succeed later
    std::string code;       ///< "AccessDenied"; empty where there was no answer
    std::string text;       ///< a sentence without a full stop; printable ASCII, never a secret
};

/// Called by StsOutcome<T>::value() when there is none.
[[noreturn]] inline void throw_exception_from_error(const StsFailure& failure,
                                                    const boost::source_location& /*where*/) {
    throw std::runtime_error(failure.text);
}

template <typename T>
using StsOutcome = boost::system::result<T, StsFailure>;

/// Who a request's signer is, as STS sees it.
struct CallerIdentity {
    CallerIdentity(AccountId account_, std::string arn_)
        : account(std::move(account_)), arn(std::move(arn_)) {}

    AccountId account;
    std::string arn;  ///< "arn:aws:sts::111122223333:assumed-role/dr/keyferry"; printable ASCII
};

/// The credentials of an AssumeRole or AssumeRoleWithWebIdentity answer of status 200. `source` is
/// theirs in words.
[[nodiscard]] StsOutcome<Credentials> read_session_credentials(std::string_view xml,
                                                               std::string source);

/// Of a GetCallerIdentity answer of status 200.
[[nodiscard]] StsOutcome<CallerIdentity> read_caller_identity(std::string_view xml);

/// Of an answer of any other status. `doing` is what was asked: "AssumeRole of arn:...".
[[nodiscard]] StsFailure read_sts_failure(int status, std::string_view xml, std::string_view doing);

}  // namespace keyferry::io
