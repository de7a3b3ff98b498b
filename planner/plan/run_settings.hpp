// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/account_access.hpp"
#include "planner/plan/price.hpp"
#include "planner/plan/quota.hpp"

#include <chrono>
#include <vector>

namespace keyferry::planner {

/// Full-jitter exponential backoff: delay = random(0, 1) * min(delay_max, base * 2^n).
/// Defaults are those of AWS's 2026 standard retry mode, but for the attempts: a bulk run waits
/// where an application would give up.
struct RetrySettings {
    /// Of one call, the first included, 1 to 100. Throttles and a full quota of KMS keys do not
    /// count: those are bounded by WaitSettings::park_timeout.
    int attempts_max = 8;
    std::chrono::milliseconds transient_delay_base{50};
    std::chrono::milliseconds throttle_delay_base{1000};
    /// At most 5 minutes, or refusals could no longer be told to come in a row.
    std::chrono::milliseconds delay_max{20'000};
    /// How long MalformedPolicyDocumentException is retried: a principal may be minutes old.
    std::chrono::milliseconds malformed_policy_max{120'000};
};

/// How a run waits for replicas to leave `Creating`, and for what nobody here can change.
struct WaitSettings {
    bool until_ready = true;  ///< false: a job is done when KMS has accepted it
    /// Creating has been seen to last ten minutes. When this passes, the job ends as deferred: a
    /// rerun looks again. Looks that fail are repeated for as long.
    std::chrono::milliseconds ready_timeout{20 * 60 * 1000};
    /// How long a replica whose answer was lost is looked for before the request is sent again. KMS
    /// is eventually consistent: usually seconds, at times minutes.
    std::chrono::milliseconds doubt_timeout{30'000};
    /// A Region that refuses every call, since its quota of KMS keys is used up, the caller has no
    /// permission or it cannot be reached, is parked: a probe goes out now and then, and the other
    /// Regions go on. When this passes, its jobs end as deferred. So they do when nothing but
    /// throttles came for as long. 1 s to 24 h.
    std::chrono::milliseconds park_timeout{30 * 60 * 1000};
    std::chrono::milliseconds poll_delay_min{1000};    ///< first look after the answer
    std::chrono::milliseconds poll_delay_max{15'000};  ///< looks grow apart up to this
};

/// How, not what: none of this is part of a plan's identity, so it may change between a run and
/// its resumption.
struct RunSettings {
    Limits limits;
    RetrySettings retry;
    WaitSettings wait;
    Prices prices;
    std::vector<AccountAccess> accounts;  ///< of those that the spec says something of
};

}  // namespace keyferry::planner
