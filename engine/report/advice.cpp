// SPDX-License-Identifier: Apache-2.0
#include "engine/report/advice.hpp"

#include "io/names/kms_error.hpp"
#include "planner/review/plan_review.hpp"

namespace keyferry::engine {
namespace {

constexpr std::string_view kRetryFailed = "Fix the cause, then run again with --retry-failed.";

std::string_view advice_on_conflict() noexcept {
    return "The key in the replica's Region is not the replica of this primary (see the message). "
           "If the primary has moved, run with --replan or create a new plan. Otherwise, correct "
           "the fleet file, then run again with --retry-failed.";
}

std::string_view advice_on_failure(io::KmsErrorCode code) noexcept {
    switch (code) {
        case io::KmsErrorCode::access_denied:
            return "The caller needs kms:ReplicateKey on the primary, and kms:CreateKey, "
                   "kms:DescribeKey and (for tags) kms:TagResource in the replica's Region. The "
                   "key policy, IAM policies and organization policies must all allow them. Grant "
                   "the permissions, then run again with --retry-failed.";
        case io::KmsErrorCode::not_found:
            return "The primary does not exist. Check the key ID, account and Region in the fleet "
                   "file.";
        case io::KmsErrorCode::disabled:
            return "Enable the primary key, then run again with --retry-failed.";
        case io::KmsErrorCode::kms_invalid_state:
            return "The primary's key state does not allow replication. If it is PendingImport, "
                   "import the key material; if it is PendingDeletion, cancel the deletion and "
                   "enable the key. Then run again with --retry-failed.";
        case io::KmsErrorCode::unsupported_operation:
            return "Only a multi-Region primary key can be replicated, and only to Regions in its "
                   "partition. Check which of the related keys is now the primary.";
        case io::KmsErrorCode::malformed_policy_document:
            return "Check the policy, and that every principal in it exists in the replica's "
                   "account. If a principal was created only minutes ago, it might not be visible "
                   "to KMS yet; in that case, run again with --retry-failed.";
        case io::KmsErrorCode::tag:
        case io::KmsErrorCode::validation:
        case io::KmsErrorCode::invalid_arn:
            return "KMS rejected the request as invalid. Correct the fleet file, then run again "
                   "with --replan.";
        case io::KmsErrorCode::invalid_client_token:
        case io::KmsErrorCode::opt_in_required:
            return "Enable the Region for the account (in the account settings, under AWS "
                   "Regions), or check the credentials. Then run again with --retry-failed.";
        default:
            return kRetryFailed;
    }
}

/// `code` is usually the reason why an account, endpoint or Region was abandoned: see
/// end_abandoned() in job_steps.
std::string_view advice_on_deferral(io::KmsErrorCode code) noexcept {
    switch (code) {
        case io::KmsErrorCode::limit_exceeded:
            return "The key quota in that Region is exhausted. Use Service Quotas to request an "
                   "increase of the AWS KMS quota \"KMS keys per Region\" there (the default is "
                   "100,000, including keys pending deletion), then run again.";
        case io::KmsErrorCode::throttling:
            return "KMS throttled the requests, possibly because of other callers in the account. "
                   "Run again later, or with a smaller share of the quotas.";
        case io::KmsErrorCode::access_denied:  // by STS; a denial by KMS ends the job as failed
        case io::KmsErrorCode::expired_token:
        case io::KmsErrorCode::incomplete_signature:
        case io::KmsErrorCode::invalid_signature:
        case io::KmsErrorCode::missing_authentication_token:
        case io::KmsErrorCode::request_expired:
            return "The account's credentials were rejected or could not be obtained (see the "
                   "message). Fix or renew them, then run again.";
        case io::KmsErrorCode::invalid_client_token:
            return "This Region does not accept the credentials. Enable the Region for the "
                   "account, and use session tokens from a Regional STS endpoint. Then run again.";
        case io::KmsErrorCode::dependency_timeout:
        case io::KmsErrorCode::internal_failure:
        case io::KmsErrorCode::kms_internal:
        case io::KmsErrorCode::server_error:
            return "KMS or an intermediate proxy returned server errors (see the message). Check "
                   "the AWS Health Dashboard, then run again.";
        case io::KmsErrorCode::service_unavailable:
        case io::KmsErrorCode::request_timeout:
            return "KMS could not be reached (see the message). Check the network, --endpoint-url "
                   "and the certificates, then run again.";
        default:
            return "These jobs have not failed. Run again to resume them.";
    }
}

/// `state` is KMS's KeyState of a replica that exists.
std::string_view advice_on_state(std::string_view state) {
    if (state == "PendingImport") {
        return "The replicas exist but have no key material. Import it into each of them, then run "
               "again.";
    }
    if (state == "Disabled") {
        return "The replicas exist but are disabled. Find out why, enable them (EnableKey, or "
               "keyferry sync --part enabled), then run again.";
    }
    if (state == "Enabled") {
        return "The replicas exist and are Enabled, but the spec requires Disabled replicas. Run "
               "keyferry sync, which disables them, then run again.";
    }
    if (state == "PendingDeletion") {
        return "The replicas exist but are scheduled for deletion. Cancel the deletion, which "
               "leaves them Disabled, and enable them unless the spec requires Disabled replicas; "
               "or wait "
               "until they have been deleted. Then run again.";
    }
    return "The replicas exist but are not ready yet. Run again to recheck them.";
}

}  // namespace

std::string_view advice_on(JobPhase phase, std::string_view code) {
    // The status matters only for unknown codes; 400 maps them to `other`.
    const io::KmsErrorCode kms_code = io::kms_error_code(code, 400);
    switch (phase) {
        case JobPhase::failed:
            return advice_on_failure(kms_code);
        case JobPhase::conflict:
            return advice_on_conflict();
        case JobPhase::unknown:
            return code == "StillCreating"
                       ? "The replica exists but is not ready yet. Run again to recheck it."
                       : "It could not be determined whether the replica exists and is usable. Run "
                         "again; the run checks with KMS before it sends a request. The caller "
                         "needs kms:DescribeKey in the replica's Region.";
        case JobPhase::deferred:
            return code == "NoCredentials"
                       ? advice_on_deferral(io::KmsErrorCode::missing_authentication_token)
                       : advice_on_deferral(kms_code);
        case JobPhase::unusable:
            return advice_on_state(code);
        case JobPhase::blocked:
            return code == planner::name_of(planner::ActionReason::not_in_saved_plan)
                       ? "Create a new plan and run it."
                       : "These replicas cannot be created now (see the message); nothing was sent "
                         "for them. Fix the cause, then run again. If you use a saved plan, create "
                         "it again.";
        case JobPhase::not_started:
        case JobPhase::sent:
        case JobPhase::accepted:
        case JobPhase::done:
            break;
    }
    return "Run again to resume.";
}

}  // namespace keyferry::engine
