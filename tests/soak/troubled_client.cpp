// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/troubled_client.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace keyferry::soak {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kResponseTime{20};
constexpr int kBadRequest = 400;
constexpr int kOk = 200;

io::CallFailure refusal(io::KmsErrorCode code, std::string message) {
    io::CallFailure failure(io::Certainty::refused, code, std::move(message));
    failure.wire_code = name_of(code);
    failure.http_status = kBadRequest;
    return failure;
}

/// The failure that the client reports for a response without a body.
io::CallFailure empty_response() {
    io::CallFailure failure(
        io::Certainty::unknown, io::KmsErrorCode::server_error, "the response is empty");
    failure.http_status = kOk;
    return failure;
}

io::KeyMetadata& metadata_of(io::ReplicateKeyResult& result) {
    return result.replica_key_metadata;
}
io::KeyMetadata& metadata_of(io::DescribeKeyResult& result) {
    return result.key_metadata;
}

/// Removes the members selected by `which`. CreationDate is kept, because a replica cannot be
/// attributed without it after a lost response.
void leave_out(std::size_t which, io::KeyMetadata& metadata) {
    switch (which) {
        case 0:
            metadata.key_state.reset();
            return;
        case 1:
            metadata.key_state = io::KeyState::other;
            metadata.unknown_key_state = "Pondering";
            return;
        case 2:
            metadata.arn.reset();
            return;
        case 3:
            metadata.multi_region_configuration.reset();
            metadata.multi_region.reset();
            return;
        case 4:
            if (metadata.multi_region_configuration) {
                metadata.multi_region_configuration->primary_key.reset();
            }
            return;
        case 5:
            if (metadata.multi_region_configuration) {
                metadata.multi_region_configuration->replica_keys.clear();
            }
            return;
        default:
            if (metadata.multi_region_configuration) {
                metadata.multi_region_configuration->type = io::MultiRegionKeyType::other;
            }
            return;
    }
}
constexpr std::size_t kOmissions = 7;

}  // namespace

io::Moment TroubledClient::response_at() const {
    return clock_.now() + kResponseTime;
}

bool TroubledClient::is_prepared(const io::AccountRegion& place) const {
    return world_.credentials_of(place.account, clock_.now()) != World::Credentials::missing;
}

std::optional<io::CallFailure> TroubledClient::credential_failure(
    const io::AccountRegion& place) const {
    switch (world_.credentials_of(place.account, clock_.now())) {
        case World::Credentials::good:
            return std::nullopt;
        case World::Credentials::refused: {
            io::CallFailure failure = refusal(io::KmsErrorCode::expired_token, "the token expired");
            failure.cause = io::FailureCause::credentials;
            return failure;
        }
        case World::Credentials::missing:
            break;
    }
    io::CallFailure failure(io::Certainty::not_sent,
                            io::KmsErrorCode::service_unavailable,
                            "credential_process did not respond");
    failure.cause = io::FailureCause::credentials;
    return failure;
}

asio::awaitable<std::optional<io::CallFailure>> TroubledClient::prepare(io::AccountRegion place) {
    co_await clock_.sleep_until(response_at(), asio::use_awaitable);
    co_return is_prepared(place) ? std::nullopt : credential_failure(place);
}

bool TroubledClient::is_incomplete(const io::AccountRegion& place) {
    return random_.fraction() < world_.incomplete_rate(place.region, clock_.now());
}

void TroubledClient::count_attempt(const io::AccountRegion& place, const io::CallFailure* failure) {
    int& attempts = unreachable_[place];
    const bool is_unreachable = failure != nullptr &&
                                failure->certainty == io::Certainty::not_sent &&
                                failure->cause == io::FailureCause::other;
    attempts = is_unreachable ? attempts + 1 : 0;
    if (attempts > kUnreachableMax) {
        attempts = 0;
        world_.violated(clock_.now(),
                        fmt::format("{} attempts in a row at {}, which is unreachable",
                                    kUnreachableMax,
                                    place.region.name()));
    }
}

template <typename Result>
io::CallOutcome<Result> TroubledClient::troubled(io::CallOutcome<Result> outcome,
                                                 const io::AccountRegion& place,
                                                 io::Moment sent_at) {
    count_attempt(place, std::get_if<io::CallFailure>(&outcome));
    constexpr double kLostConnections = 0.7;
    if (machine_.woken_at() && sent_at < *machine_.woken_at() &&
        random_.fraction() < kLostConnections) {
        return io::CallFailure(io::Certainty::unknown,
                               io::KmsErrorCode::service_unavailable,
                               "the connection was lost while the computer was asleep");
    }
    auto* success = std::get_if<io::CallSuccess<Result>>(&outcome);
    if (success == nullptr || !is_incomplete(place)) {
        return outcome;
    }
    if constexpr (requires { metadata_of(success->result); }) {
        const std::size_t which = random_.next() % (kOmissions + 1);
        if (which < kOmissions) {
            leave_out(which, metadata_of(success->result));
            return outcome;
        }
    } else if constexpr (std::is_same_v<Result, io::EmptyResult>) {
        return outcome;  // such a response is always empty
    }
    return empty_response();
}

template <typename Result, typename Request>
asio::awaitable<io::CallOutcome<Result>> TroubledClient::pass(Operation<Result, Request> operation,
                                                              io::AccountRegion place,
                                                              Request request,
                                                              std::string denied) {
    using Outcome = io::CallOutcome<Result>;
    if (std::optional<io::CallFailure> failure = credential_failure(place)) {
        co_await clock_.sleep_until(response_at(), asio::use_awaitable);
        co_return Outcome(*std::move(failure));
    }
    if (world_.is_write_denied(denied, clock_.now()) &&
        !world_.is_unreachable(place.region, clock_.now())) {
        co_await clock_.sleep_until(response_at(), asio::use_awaitable);
        co_return Outcome(
            refusal(io::KmsErrorCode::access_denied, "the key policy does not allow it"));
    }
    const io::Moment sent_at = clock_.now();
    Outcome outcome = co_await (next_.*operation)(place, std::move(request));
    co_return troubled(std::move(outcome), place, sent_at);
}

asio::awaitable<io::CallOutcome<io::ReplicateKeyResult>> TroubledClient::replicate_key(
    io::AccountRegion place, io::ReplicateKeyRequest request) {
    using Outcome = io::CallOutcome<io::ReplicateKeyResult>;
    if (std::optional<io::CallFailure> failure = credential_failure(place)) {
        co_await clock_.sleep_until(response_at(), asio::use_awaitable);
        co_return Outcome(*std::move(failure));
    }
    const auto denied = world_.denied_job(place, request, clock_.now());
    if (denied && world_.is_unreachable(place.region, clock_.now())) {
        co_await clock_.sleep_until(response_at(), asio::use_awaitable);
        io::CallFailure failure(
            io::Certainty::not_sent, io::KmsErrorCode::service_unavailable, "no route");
        count_attempt(place, &failure);
        co_return Outcome(std::move(failure));
    }
    if (denied) {
        co_await clock_.sleep_until(response_at(), asio::use_awaitable);
        world_.note_denied(*denied);
        io::CallFailure failure =
            refusal(io::KmsErrorCode::access_denied, "the key policy does not allow it");
        count_attempt(place, &failure);
        co_return Outcome(std::move(failure));
    }
    const io::Moment sent_at = clock_.now();
    Outcome outcome =
        troubled(co_await PassingClient::replicate_key(place, request), place, sent_at);
    const auto* failure = std::get_if<io::CallFailure>(&outcome);
    if (failure != nullptr && failure->code != io::KmsErrorCode::throttling &&
        failure->code != io::KmsErrorCode::limit_exceeded) {
        world_.note_failed_attempt(place, request, sent_at, clock_.now());
    }
    co_return outcome;
}

asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> TroubledClient::describe_key(
    io::AccountRegion place, io::DescribeKeyRequest request) {
    using Outcome = io::CallOutcome<io::DescribeKeyResult>;
    if (std::optional<io::CallFailure> failure = credential_failure(place)) {
        co_await clock_.sleep_until(response_at(), asio::use_awaitable);
        co_return Outcome(*std::move(failure));
    }
    const io::Moment sent_at = clock_.now();
    Outcome outcome = co_await PassingClient::describe_key(place, std::move(request));
    co_return troubled(std::move(outcome), place, sent_at);
}

asio::awaitable<io::CallOutcome<io::ListAliasesResult>> TroubledClient::list_aliases(
    io::AccountRegion place, io::ListAliasesRequest request) {
    return pass(&io::KmsClient::list_aliases, std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::ListResourceTagsResult>> TroubledClient::list_resource_tags(
    io::AccountRegion place, io::ListResourceTagsRequest request) {
    return pass(&io::KmsClient::list_resource_tags, std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::GetKeyPolicyResult>> TroubledClient::get_key_policy(
    io::AccountRegion place, io::GetKeyPolicyRequest request) {
    return pass(&io::KmsClient::get_key_policy, std::move(place), std::move(request));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> TroubledClient::put_key_policy(
    io::AccountRegion place, io::PutKeyPolicyRequest request) {
    std::string replica = request.key_id;
    return pass(
        &io::KmsClient::put_key_policy, std::move(place), std::move(request), std::move(replica));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> TroubledClient::tag_resource(
    io::AccountRegion place, io::TagResourceRequest request) {
    std::string replica = request.key_id;
    return pass(
        &io::KmsClient::tag_resource, std::move(place), std::move(request), std::move(replica));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> TroubledClient::untag_resource(
    io::AccountRegion place, io::UntagResourceRequest request) {
    std::string replica = request.key_id;
    return pass(
        &io::KmsClient::untag_resource, std::move(place), std::move(request), std::move(replica));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> TroubledClient::update_key_description(
    io::AccountRegion place, io::UpdateKeyDescriptionRequest request) {
    std::string replica = request.key_id;
    return pass(&io::KmsClient::update_key_description,
                std::move(place),
                std::move(request),
                std::move(replica));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> TroubledClient::enable_key(
    io::AccountRegion place, io::EnableKeyRequest request) {
    std::string replica = request.key_id;
    return pass(
        &io::KmsClient::enable_key, std::move(place), std::move(request), std::move(replica));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> TroubledClient::disable_key(
    io::AccountRegion place, io::DisableKeyRequest request) {
    std::string replica = request.key_id;
    return pass(
        &io::KmsClient::disable_key, std::move(place), std::move(request), std::move(replica));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> TroubledClient::create_alias(
    io::AccountRegion place, io::CreateAliasRequest request) {
    std::string replica = request.target_key_id;
    return pass(
        &io::KmsClient::create_alias, std::move(place), std::move(request), std::move(replica));
}

asio::awaitable<io::CallOutcome<io::EmptyResult>> TroubledClient::delete_alias(
    io::AccountRegion place, io::DeleteAliasRequest request) {
    return pass(&io::KmsClient::delete_alias, std::move(place), std::move(request));
}

}  // namespace keyferry::soak
