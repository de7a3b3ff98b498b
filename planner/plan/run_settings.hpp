// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/account_access.hpp"
#include "planner/plan/price.hpp"
#include "planner/plan/quota.hpp"

#include <chrono>
#include <vector>

namespace keyferry::planner {

/// Full-jitter exponential backoff: delay = random(0, 1) * min(delay_max, base * 2^n). The defaults
/// are those of the AWS standard retry mode of 2026, except for the number of attempts: a bulk run
/// keeps retrying where an interactive application would fail.
struct RetrySettings {
    /// Attempts per call, including the first, 1 to 100. Regardless of this number, a failing call
    /// is retried for at least 5 minutes (1 minute if the call is idempotent), so that a short
    /// outage does not end a job. Attempts that fail because of throttling or an exhausted key
    /// quota do not count; WaitSettings::park_timeout limits how long such calls are retried.
    int attempts_max = 8;
    std::chrono::milliseconds transient_delay_base{50};
    std::chrono::milliseconds throttle_delay_base{1000};
    /// At most 5 minutes, because failures that are many minutes apart do not count as consecutive.
    std::chrono::milliseconds delay_max{20'000};
    /// How long to retry MalformedPolicyDocumentException, because a principal in the policy may
    /// have just been created.
    std::chrono::milliseconds malformed_policy_max{120'000};
};

/// How a run waits for replicas to leave the state Creating, and for conditions that it cannot
/// change.
struct WaitSettings {
    bool until_ready = true;  ///< false: a job is done once KMS accepts it
    /// How long to wait for a replica to leave the state Creating, which has been observed to last
    /// ten minutes. After this time, the job ends as deferred, and a rerun checks the replica
    /// again. Failing status checks are retried for the same time.
    std::chrono::milliseconds ready_timeout{20 * 60 * 1000};
    /// How long to check for a replica after a response was lost, before the request is sent
    /// again. KMS is eventually consistent: changes are usually visible within seconds,
    /// occasionally only after minutes.
    std::chrono::milliseconds doubt_timeout{30'000};
    /// A Region in which every call fails (its key quota is exhausted, it is unreachable, or it
    /// returns server errors) is parked: it is only probed periodically, while work in the other
    /// Regions continues. Once it has been parked for this long, its jobs end as deferred. So do
    /// jobs that receive only throttling errors for this long. From 1 s to 24 h.
    std::chrono::milliseconds park_timeout{30 * 60 * 1000};
    std::chrono::milliseconds poll_delay_min{
        1000};  ///< before the first DescribeKey after the response
    std::chrono::milliseconds poll_delay_max{
        15'000};  ///< upper limit of the increasing delay between polls
};

/// How to run a plan, as opposed to what the plan does. These settings are not part of a plan's
/// identity, so they may change between a run and its resumption.
struct RunSettings {
    Limits limits;
    RetrySettings retry;
    WaitSettings wait;
    Prices prices;
    std::vector<AccountAccess> accounts;  ///< the accounts configured in the spec
};

}  // namespace keyferry::planner
